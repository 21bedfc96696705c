dist_man_MANS += \
	man/droppable.1 \
	man/droppable.7 \
	man/droppable_dispatch.3 \
	man/droppable_drop.3 \
	man/droppable_loop.3 \
	man/droppable_map.3 \
	man/droppable_notify.3 \
	man/droppable_pin.3 \
	man/droppable_reclaimable.3 \
	man/droppable_stats.3 \
	man/droppable_support.3 \
	man/droppable_trim.3 \
	man/droppable_unmap.3 \
	man/droppable_unpin.3 \
	man/droppable_version.3 \
	man/libdroppable.so.8
