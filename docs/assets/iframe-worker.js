/* A page opened from a disk may not start a Worker; the search of the book then runs in a hidden frame instead. */
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.waiting = []
      const frame = Object.assign(document.createElement("iframe"), { hidden: true, title: "search" })
      document.body.append(frame)
      const inside = frame.contentWindow
      inside.postMessage = data => this.dispatch(data)
      inside.importScripts = (...urls) => urls.reduce((after, each) => after.then(() => load(each)), Promise.resolve())
      const load = source => new Promise((done, failed) => {
        inside.document.body.append(Object.assign(inside.document.createElement("script"), { src: source, onload: done, onerror: failed }))
      })
      load(url).then(() => {
        this.inside = inside
        this.waiting.splice(0).forEach(data => this.postMessage(data))
      })
    }
    dispatch(data) {
      const event = new MessageEvent("message", { data })
      this.dispatchEvent(event)
      this.onmessage?.(event)
    }
    postMessage(data) {
      if (this.inside) this.inside.dispatchEvent(new this.inside.MessageEvent("message", { data }))
      else this.waiting.push(data)
    }
    terminate() {}
  }
}
