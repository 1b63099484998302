# Each target does its own set-up; scripts/setup installs what is missing. See HACKING.md.
build/nacre: build
	@ninja -C build
build:
	@scripts/setup build && scripts/sources && meson setup build
demo: build/nacre
	@scripts/demo
test:
	@tests/all
wasm sweep fuzz bench:
	@scripts/$@
.PHONY: build/nacre demo test wasm sweep fuzz bench
