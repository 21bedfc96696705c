/* SPDX-License-Identifier: MIT */
/* host PLUGIN: a program that knows nothing of the library loads a plugin. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int failures = argc != 2;

	for (int i = 0; i < 2 && !failures; i++) {
		void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
		int (*use_pins)(void);

		if (!plugin) {
			puts(dlerror());
			return 1;
		}
		*(void **)&use_pins = dlsym(plugin, "use_pins");
		failures = use_pins ? use_pins() : 1;
		dlclose(plugin);
	}
	return failures > 0;
}
