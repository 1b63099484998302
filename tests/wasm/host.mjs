// tests/wasm/host.mjs - a host of the module: its memory, its structs by their members' names.
import { readFileSync } from 'node:fs'

// The module in a file; it must import nothing.
export function load(path) {
  const module = new WebAssembly.Module(readFileSync(path))
  const imports = WebAssembly.Module.imports(module)
  if (imports.length) throw new Error('the module imports ' + JSON.stringify(imports))
  return module
}

export class Host {
  constructor(module) {
    this.c = new WebAssembly.Instance(module, {}).exports
    this.offsets = new Map()
    const view = this.view()
    for (let at = this.c.nacre_members(); view.getUint32(at, true); at += 8)
      this.offsets.set(this.text(view.getUint32(at, true)), view.getUint32(at + 4, true))
    this.places = []
  }
  view() { return new DataView(this.c.memory.buffer) }
  text(at) {
    const bytes = new Uint8Array(this.c.memory.buffer)
    let end = at
    while (bytes[end]) end++
    return Buffer.from(bytes.subarray(at, end)).toString('latin1')
  }
  at(name) {
    const offset = this.offsets.get(name)
    if (offset === undefined) throw new Error('no member ' + name)
    return offset
  }
  place(bytes) { // a copy inside the module, kept until `drop`
    const at = this.c.nacre_place(bytes.length || 1)
    new Uint8Array(this.c.memory.buffer).set(bytes, at)
    this.places.push(at)
    return at
  }
  struct(name) {
    const at = this.place(new Uint8Array(this.at(name)))
    if (this.offsets.has(name + '.size')) this.set32(at + this.at(name + '.size'), this.at(name))
    return at
  }
  set32(at, value) { this.view().setUint32(at, value, true) }
  set64(at, value) { this.view().setBigUint64(at, value, true) }
  setText(at, bytes) {
    this.set32(at + this.at('nacre_text.data'), bytes.length ? this.place(bytes) : 0)
    this.set32(at + this.at('nacre_text.length'), bytes.length)
  }
  drop() {
    for (const at of this.places) this.c.nacre_unplace(at)
    this.places = []
  }
}
