dist_man_MANS += \
	man/droppable.1 \
	man/droppable.7 \
	man/libdroppable.so.8
