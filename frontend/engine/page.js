// Stands between the dashboard and the engine where there is no server. What the dashboard would ask a server goes to a
// worker: `fetch` of the API, the stream of states, and links that save a file.
//
// On a page that is given files (`data-engine="files"`) everything is loaded first. Then the page gets a second policy,
// which forbids every connection; the worker is made from a blob, so that it inherits both. Only then are files taken.
(() => {
  "use strict";
  const SEALED =
    "default-src 'none'; connect-src 'none'; script-src 'wasm-unsafe-eval'; img-src blob: data:; worker-src blob:; base-uri 'none'; form-action 'none'";
  const UNSEALED = "This browser lets the page connect although its policy forbids it, so no files are taken.";
  // Where the site lies on its server: nothing, or the path of a folder. The dashboard itself knows of none but `/`.
  const base = new URL(document.currentScript.src).pathname.replace("/engine/page.js", "");
  document.documentElement.dataset.base = base;
  const placed = (path) => (path.startsWith("/") && !`${path}/`.startsWith(`${base}/`) ? base + path : path);
  const ENGINE = `${base}/engine/engine`;
  const EXPLORER = `${base}/explorer`;
  const takesFiles = document.currentScript.dataset.engine === "files";
  const connect = window.fetch.bind(window);
  const OwnWorker = window.Worker;

  if (base) {
    for (const step of ["pushState", "replaceState"]) {
      const own = history[step].bind(history);
      history[step] = (state, title, address) => own(state, title, placed(String(address)));
    }
    window.Worker = class extends OwnWorker {
      constructor(address, options) {
        super(placed(String(address)), options);
      }
    };
    const place = (link) => {
      const href = link.getAttribute("href");
      if (!href.startsWith("/api/") && placed(href) !== href) link.setAttribute("href", placed(href));
    };
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes) {
        if (type === "attributes" && target.matches("a[href]")) place(target);
        for (const node of addedNodes) {
          if (node.matches?.("a[href]")) place(node);
          node.querySelectorAll?.("a[href]").forEach(place);
        }
      }
    }).observe(document, { subtree: true, childList: true, attributeFilter: ["href"] });
  }

  // A server of files answers `/identities` with `/identities/`, which is no page of the dashboard.
  const page = location.pathname.replace(/\/(index\.html)?$/, "") || "/";
  if (page !== location.pathname) history.replaceState(null, "", page + location.search + location.hash);

  // What a server would say of itself: see `State` in shared/src/api/mod.rs.
  let state = {
    version: "",
    estate: "",
    snapshots: [],
    loading: { n_files_read: 0, n_files: 0 },
    problem: null,
    partial_sources: [],
  };
  const streams = new Set();
  // The dashboard hears of the first state when there is something to ask: it would ask all over again after another.
  let isOpened;
  const opened = new Promise((done) => (isOpened = done));

  window.EventSource = class extends EventTarget {
    onerror = null;
    readyState = 1;
    constructor() {
      super();
      streams.add(this);
      opened.then(() => this.tell());
    }
    tell() {
      if (streams.has(this)) this.dispatchEvent(new MessageEvent("state", { data: JSON.stringify(state) }));
    }
    close() {
      streams.delete(this);
      this.readyState = 2;
    }
  };

  // Questions, and who waits for their answers.
  const waiting = new Map();
  let n_asked = 0;
  let broken = null;

  async function ask(url) {
    const engine = await started.catch(() => null);
    return new Promise((done) => {
      if (broken) return done(refusal());
      waiting.set(++n_asked, done);
      engine.postMessage(["ask", n_asked, url.pathname, url.search.slice(1)]);
    });
  }

  function refusal() {
    const body = JSON.stringify({ error: { code: "internal", message: broken, id: null } });
    return { status: 500, type: "application/json", name: null, bytes: new TextEncoder().encode(body) };
  }

  // A worker that came to its end answers nothing any more.
  function end(problem) {
    broken = problem;
    for (const done of waiting.values()) done(refusal());
    waiting.clear();
    become({ ...state, loading: null, problem });
    for (const stream of streams) stream.tell();
  }

  function become(next) {
    state = next;
    if (state.loading === null) {
      reading = null;
      isOpened();
    }
    if (takesFiles) show();
  }

  function heard({ data: [what, ...said] }) {
    if (what === "reading") reading = said[0] || null;
    if (what === "state") become(JSON.parse(said[0]));
    if (what === "answer") {
      const [id, status, type, name, bytes] = said;
      waiting.get(id)?.({ status, type, name, bytes });
      waiting.delete(id);
    }
  }

  // Files that are loaded before the page is sealed, by their paths.
  const kept = new Map();

  window.fetch = async (input, init) => {
    const url = new URL(input.url ?? input, location.origin);
    if (url.pathname === "/api/v1/state") return opened.then(() => Response.json(state));
    if (url.pathname.startsWith("/api/")) {
      const { status, type, bytes } = await ask(url);
      return new Response(bytes, { status, headers: { "content-type": type } });
    }
    const path = placed(url.pathname);
    const bytes = kept.get(path);
    return bytes ? new Response(bytes, { headers: { "content-type": "application/wasm" } }) : connect(base ? path : input, init);
  };

  addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[download]");
    if (!link || !link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    const { status, type, name, bytes } = await ask(new URL(link.href));
    if (status !== 200) return alert(JSON.parse(new TextDecoder().decode(bytes)).error.message);
    const saved = document.createElement("a");
    saved.href = URL.createObjectURL(new Blob([bytes], { type }));
    saved.download = name;
    saved.click();
    setTimeout(() => URL.revokeObjectURL(saved.href), 60_000);
  });

  async function load(path) {
    const response = await connect(path);
    if (!response.ok) throw new Error(`${path} cannot be loaded: status ${response.status}`);
    return response;
  }
  const text = async (path) => (await load(path)).text();
  const bytes = async (path) => (await load(path)).arrayBuffer();

  // Starts a program of Rust in a worker that is made from a blob: such a one has the policies of this page, one that is
  // loaded by its address has those that its server sends. The first message to it is the program.
  function start(glue, program, before = "") {
    const bootstrap = `
      onmessage = async ({ data }) => {
        onmessage = null;
        ${before}
        await __wbg_init({ module_or_path: data });
      };`;
    const address = URL.createObjectURL(new Blob([glue, bootstrap], { type: "text/javascript" }));
    const worker = new OwnWorker(address, { type: "module" });
    worker.postMessage(program);
    return worker;
  }

  // The dashboard's program, kept until there are files.
  let dashboard = null;

  // The files that are given, the one that is being read, those at which an engine came to its end, and how to start
  // another one.
  let given = [];
  let reading = null;
  const left = [];
  let again = null;

  async function begin() {
    const [glue, program] = await Promise.all([
      text(`${ENGINE}.js`),
      bytes(`${ENGINE}_bg.wasm`).then((bytes) => WebAssembly.compile(bytes)),
      takesFiles && keepDashboard(),
    ]);
    if (takesFiles) await seal();
    again = () => startEngine(glue, program);
    const engine = await again();
    if (!takesFiles) engine.postMessage(["site", `${location.origin}${base}/data/`]);
    return engine;
  }

  async function startEngine(glue, program) {
    // It tries as the page did: a policy that it had not inherited would be of no use.
    const tries = `postMessage(["connected", await fetch("${location.origin}/").then(() => true, () => false)]);`;
    const engine = start(glue, program, takesFiles ? tries : "");
    engine.onerror = ({ message }) => {
      if (reading === null) return end(`The engine came to its end, perhaps for want of memory. ${message ?? ""}`);
      // What is wrong with one file costs that file.
      left.push(reading);
      reading = null;
      started = again();
      give();
    };
    await new Promise((ready, failed) => {
      engine.onmessage = ({ data: [what, isConnected] }) => {
        if (what === "connected" && isConnected) failed(new Error(UNSEALED));
        if (what === "ready") ready();
      };
    });
    engine.onmessage = heard;
    return engine;
  }

  const parsed = new Promise((done) => addEventListener("DOMContentLoaded", done));
  let started = begin();
  started.catch((error) => end(error.message));

  // The page that is given files.

  async function keepDashboard() {
    await parsed;
    const address = (selector) => new URL(document.querySelector(selector).href).pathname;
    const glue = address("link[rel=modulepreload]");
    const program = address("link[rel=preload][as=fetch]");
    // The browser asks for the icon again when the address changes.
    const icon = document.querySelector("link[rel=icon]");
    icon.removeAttribute("integrity");
    icon.href = `data:image/svg+xml,${encodeURIComponent(await text(icon.href))}`;
    const explorer = await text(`${EXPLORER}.js`);
    kept.set(`${EXPLORER}_bg.wasm`, await bytes(`${EXPLORER}_bg.wasm`));
    await import(`${EXPLORER}.js`);
    dashboard = { glue: await import(glue), program: await WebAssembly.compile(await bytes(program)) };
    window.Worker = class {
      constructor() {
        return start(explorer, new WebAssembly.Module(kept.get(`${EXPLORER}_bg.wasm`)));
      }
    };
  }

  async function seal() {
    const policy = document.createElement("meta");
    policy.httpEquiv = "Content-Security-Policy";
    policy.content = SEALED;
    document.head.append(policy);
    if (await connect(`${location.origin}/`).then(() => true, () => false)) throw new Error(UNSEALED);
  }

  const element = (id) => document.getElementById(id);
  const ASK = "Drop the folder of an estate here, or the files that your tools exported";
  const SEALED_STATUS = "Everything is loaded. From now on this page cannot connect to anything: its policy forbids it.";

  // What the page says while there is no dashboard on it.
  function show() {
    if (!element("drop")) return;
    const { loading, problem, snapshots } = state;
    if (snapshots.length > 0) return open();
    const isReading = loading !== null && loading.n_files > 0;
    element("drop").classList.toggle("is-reading", isReading);
    element("drop-problem").hidden = problem === null;
    element("drop-problem-text").textContent = problem ?? "";
    element("drop-ask").textContent = ASK;
    element("drop-progress").max = loading?.n_files || 1;
    element("drop-progress").value = loading?.n_files_read ?? 0;
    if (isReading) {
      const { n_files_read, n_files } = loading;
      const isRead = n_files_read === n_files;
      element("drop-ask").textContent = isRead ? "Joining and judging what the files say…" : "Reading…";
      element("drop-status").textContent = `${n_files_read} of ${n_files} files are read`;
    }
  }

  // The dashboard takes the place of what is on the page.
  async function open() {
    element("drop").id = "";
    await dashboard.glue.default({ module_or_path: dashboard.program });
  }

  function take(files) {
    given = files;
    left.length = 0;
    give();
  }

  async function give() {
    const engine = await started;
    const paths = given.map(([path]) => path);
    engine.postMessage(["files", paths, given.map(([, file]) => file), left]);
  }

  // A file or folder as it was dropped: everything below it, with the path from there.
  async function below(entry) {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      return [[entry.fullPath.slice(1), file]];
    }
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (some.length === 0) return found;
      for (const entry of some) found.push(...(await below(entry)));
    }
  }

  const withoutFolder = ([path, file]) => [path.slice(path.indexOf("/") + 1), file];

  function listen() {
    const [folder, files] = [element("drop-folder"), element("drop-files")];
    for (const [button, input] of [
      ["drop-choose-folder", folder],
      ["drop-choose-files", files],
    ]) {
      element(button).addEventListener("click", () => input.click());
    }
    folder.addEventListener("change", () => {
      take([...folder.files].map((file) => withoutFolder([file.webkitRelativePath, file])));
    });
    files.addEventListener("change", () => take([...files.files].map((file) => [file.name, file])));
    addEventListener("dragover", (event) => {
      event.preventDefault();
      element("drop")?.classList.add("is-over");
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) element("drop")?.classList.remove("is-over");
    });
    addEventListener("drop", async (event) => {
      event.preventDefault();
      if (!element("drop")) return;
      element("drop").classList.remove("is-over");
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
      const dropped = (await Promise.all(entries.map(below))).flat();
      // One folder is the estate; several things are what is in one.
      const isEstate = entries.length === 1 && entries[0].isDirectory;
      take(isEstate ? dropped.map(withoutFolder) : dropped);
    });
    started.then(() => {
      element("drop").classList.add("is-sealed");
      element("drop-status").textContent = SEALED_STATUS;
      for (const id of ["drop-choose-folder", "drop-choose-files"]) element(id).disabled = false;
    }, () => {});
  }

  if (takesFiles) parsed.then(listen);
})();
