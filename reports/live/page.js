// The script of the page that shows a training. It makes every element by name and sets texts as texts: no markup is parsed.

const byId = (id) => document.getElementById(id);
const { width, height } = document.body.dataset;
const title = document.title;

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

const svgElement = (name, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

function setText(target, text) {
  // What stays the same is not read out again.
  if (target.textContent !== text) target.textContent = text;
}

function showFacts(facts) {
  byId("facts").replaceChildren(...facts.map(({ name, value, note }) =>
    element(
      "div",
      {},
      element("dt", {}, name),
      element("dd", {}, value, ...(note === "" ? [] : [element("small", {}, note)])),
    )
  ));
}

function chartFigure(id) {
  const drawing = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const caption = element("figcaption", {}, element("h2"), element("p", { class: "reading" }));
  return element("figure", { id: `chart-${id}` }, caption, element("div", { class: "drawing" }, drawing));
}

function showCharts(charts) {
  const shown = charts.map(({ id, title, reading, shapes }) => {
    const figure = byId(`chart-${id}`) ?? chartFigure(id);
    setText(figure.querySelector("h2"), title);
    setText(figure.querySelector(".reading"), reading);
    const drawing = figure.querySelector("svg");
    drawing.setAttribute("aria-label", `${title}. ${reading}`);
    drawing.replaceChildren(...shapes.map(({ tag, attributes, text }) => {
      const shape = svgElement(tag, attributes);
      if (text !== undefined) shape.textContent = text;
      return shape;
    }));
    return figure;
  });
  const place = byId("charts");
  if (shown.length !== place.children.length || shown.some((figure, i) => place.children[i] !== figure)) {
    place.replaceChildren(...shown);
  }
}

function tableFrame({ id, title }) {
  const table = element("table", {}, element("thead"), element("tbody"));
  const scroll = element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": title }, table);
  return element("div", { id: `table-${id}`, class: "table" }, element("h2", {}, title), scroll);
}

function showTables(tables) {
  const place = byId("tables");
  for (const { id } of [...place.children]) if (!tables.some((one) => `table-${one.id}` === id)) byId(id).remove();
  for (const one of tables) {
    const frame = byId(`table-${one.id}`) ?? place.appendChild(tableFrame(one));
    setText(frame.querySelector("h2"), one.title);
    frame.querySelector(".scroll").setAttribute("aria-label", one.title);
    const heads = one.columns.map((name) => element("th", { scope: "col" }, name));
    frame.querySelector("thead").replaceChildren(element("tr", {}, ...heads));
    const cells = (row) => row.map((cell, i) => element("td", i === 0 ? {} : { class: "n" }, element("bdi", {}, cell)));
    frame.querySelector("tbody").replaceChildren(...one.rows.map((row) => element("tr", {}, ...cells(row))));
  }
}

function addLines(lines) {
  const log = byId("log"), atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(...lines.map(({ kind, text }) => element("p", { class: kind, dir: "auto" }, text)));
  if (atEnd) log.scrollTop = log.scrollHeight;
}

let isOver = false;
const source = new EventSource("/events");
source.addEventListener("begin", () => byId("log").replaceChildren());
source.addEventListener("log", ({ data }) => addLines(JSON.parse(data)));
source.addEventListener("state", ({ data }) => {
  const { status, short, over, facts, charts, tables } = JSON.parse(data);
  isOver = over;
  document.title = short === "" ? title : `${short} · ${title}`;
  setText(byId("status"), status);
  showFacts(facts);
  showCharts(charts);
  showTables(tables);
});
// The browser tries again by itself, and reaches a training that is resumed at the same port.
source.addEventListener("error", () => {
  if (!isOver) setText(byId("status"), "Not connected. The page goes on by itself when the training does.");
});
