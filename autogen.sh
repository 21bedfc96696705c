#!/bin/sh
# Makes configure from configure.ac; a release tarball carries it ready made.
set -e
cd "$(dirname "$0")"
exec autoreconf --force --install
