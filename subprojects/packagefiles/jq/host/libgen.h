/* libgen.h - dirname is in host.h. */
