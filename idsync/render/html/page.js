// Search, filters and order of the people, and the rows that are still text. Nothing is fetched. A row is HTML that
// idsync wrote, with every name in it escaped; what is typed here never becomes markup.
(() => {
  "use strict";
  const STEP = 40;
  const MORE = 500;
  const by = (id) => document.getElementById(id);
  const number = (value) => value.toLocaleString("en-US");
  const fold = (text) => /[^\0-\x7f]/.test(text) ? text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase() : text.toLowerCase();
  const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" };
  const plain = (html) => html.replace(/<[^>]*>/g, " ").replace(/&(amp|lt|gt|quot|#x27);/g, (_, name) => entities[name]);
  const template = document.createElement("template");
  // Of names that stand together, `sought` has those that are shown; null is all, folded.
  const elementOf = (row) => {
    if (!row.element) {
      template.innerHTML = row.html;
      row.element = template.content.firstElementChild;
    }
    if (row.sought !== row.dressed) {
      const found = row.sought !== null;
      row.element.querySelectorAll(".name").forEach((name, place) => { name.hidden = found && !row.sought[place]; });
      const many = row.element.querySelector("details.many");
      if (many) {
        many.open = found;
        many.classList.toggle("sought", found);
      }
      row.dressed = row.sought;
    }
    return row.element;
  };

  // A list, the rows that it shows now, and how many more there are.
  const listOf = (ul, rows) => {
    const box = ul.parentElement.classList.contains("rows") ? ul.parentElement : null;
    const button = document.createElement("button");
    button.type = "button";
    const list = { ul, rows, shown: STEP, now: rows };
    const place = box ? box.querySelector(".more") : document.createElement("p");
    place.className = "more";
    place.replaceChildren(button);
    if (!box) ul.after(place);
    list.draw = () => {
      const now = list.now.slice(0, list.shown).map(elementOf);
      if (now.length !== ul.children.length || now.some((element, place) => element !== ul.children[place])) {
        ul.replaceChildren(...now);
      }
      const rest = list.now.length - list.shown;
      place.hidden = rest <= 0;
      button.textContent = `Show ${number(Math.min(rest, MORE))} more of ${number(rest)}`;
    };
    button.addEventListener("click", () => {
      const first = list.now[list.shown];
      list.shown += MORE;
      list.draw();
      const element = elementOf(first);
      element.tabIndex = -1;
      element.focus({ preventScroll: true });
    });
    return list;
  };
  const rowsOf = (ul) => {
    const box = ul.parentElement;
    const data = box.classList.contains("rows") ? box.querySelector("script") : null;
    return [...ul.children].map((element) => ({ element })).concat(data ? JSON.parse(data.textContent).map((html) => ({ html })) : []);
  };
  for (const ul of document.querySelectorAll(".rows > .plain")) if (!ul.closest(".block")) listOf(ul, rowsOf(ul)).draw();
  // What changes beyond people's access, and every change: a person may be found there alone.
  let built = null;
  const blocks = () => built ??= [...document.querySelectorAll(".block")].map((section) => {
    const ul = section.querySelector(".plain");
    const count = section.querySelector("h2, h3").querySelector(".count");
    const list = listOf(ul, rowsOf(ul));
    list.draw();
    return { section, count, list, whole: count?.textContent, inOrder: section.closest("#changes") !== null };
  });

  const tools = document.querySelector(".tools");
  if (!tools) return;
  const [search, role, list, risk, sort] = ["search", "role", "list", "risk", "sort"].map(by);
  const status = tools.querySelector(".status");
  const total = Number(status.dataset.total);
  const groups = [...document.querySelectorAll(".group")].map((section) => {
    const ul = section.querySelector(".entries");
    const count = section.querySelector(".count");
    const group = { section, count, whole: count.textContent, list: listOf(ul, rowsOf(ul)) };
    for (const row of group.list.rows) row.group = group;
    return group;
  });
  const everybody = groups.flatMap((group) => group.list.rows);
  const flat = listOf(by("flat"), []);

  // What is sought in a row, worked out once.
  const textOf = (row) => row.text ??= fold(plain(row.html ?? row.element.outerHTML));
  const known = (row) => {
    if (row.names === undefined) {
      const html = row.html ?? row.element.outerHTML;
      const attribute = (name) => html.match(`data-${name}=["']([^"']*)`)[1].split(" ");
      textOf(row);
      row.names = [...html.matchAll(/class=["']name["']><bdi>(.*?)<\/bdi>/g)].map((found) => fold(plain(found[1])));
      row.tags = attribute("k");
      row.role = attribute("r");
      row.list = attribute("l");
      row.things = Number(attribute("t")[0]);
      row.sought = row.dressed = null;
    }
    return row;
  };
  const fits = (row, words) =>
    words.every((word) => row.text.includes(word)) &&
    (!risk.value || row.tags.includes(risk.value)) &&
    (!role.value || row.role.includes(role.value)) &&
    (!list.value || row.list.includes(list.value));

  // Of people who stand together those are shown whose names are sought, or all, folded, where that is none or all.
  const namesOf = (row, words) => {
    if (row.names.length < 2) return row.names;
    const sought = row.names.map((name) => words.length > 0 && words.every((word) => name.includes(word)));
    const found = sought.includes(true) && sought.includes(false);
    row.sought = found ? sought : null;
    return found ? row.names.filter((_, place) => sought[place]) : row.names;
  };

  const compare = {
    name: (one, other) => one.names[0] < other.names[0] ? -1 : one.names[0] > other.names[0] ? 1 : 0,
    things: (one, other) => other.things - one.things || compare.name(one, other),
  };
  const changesWith = (words) => {
    let changes = 0;
    for (const block of blocks()) {
      const { list } = block;
      list.now = words.length ? list.rows.filter((row) => words.every((word) => textOf(row).includes(word))) : list.rows;
      list.shown = STEP;
      list.draw();
      block.section.hidden = list.now.length === 0;
      if (block.count) block.count.textContent = words.length ? `${number(list.now.length)} of ${block.whole}` : block.whole;
      if (block.inOrder) changes += list.now.length;
    }
    return changes;
  };
  const apply = () => {
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    const chosen = Boolean(words.length || role.value || list.value || risk.value);
    const people = new Set();
    const fitting = [];
    for (const group of groups) {
      const now = chosen ? group.list.rows.filter((row) => fits(known(row), words)) : group.list.rows;
      let count = 0;
      if (chosen || sort.value) {
        for (const row of now) {
          const names = namesOf(known(row), words);
          count += names.length;
          if (chosen) for (const name of names) people.add(name);
          fitting.push(row);
        }
      } else {
        for (const row of now) if (row.names?.length > 1) namesOf(row, words);
      }
      group.count.textContent = chosen ? `${number(count)} of ${group.whole}` : group.whole;
      group.section.hidden = sort.value !== "" || (chosen && count === 0);
      group.list.now = sort.value ? [] : now;
      group.list.shown = STEP;
      group.list.draw();
    }
    flat.now = sort.value ? fitting.sort(compare[sort.value]) : [];
    flat.shown = STEP;
    flat.draw();
    const changes = words.length || built ? changesWith(words) : 0;
    const folded = document.querySelector("#changes > details");
    if (words.length && people.size === 0 && changes > 0) folded.open = true;
    const told = chosen ? `${number(people.size)} of ${number(total)} people` : `${number(total)} people`;
    status.textContent = words.length ? `${told}; ${number(changes)} ${changes === 1 ? "change" : "changes"}` : told;
  };

  search.addEventListener("input", apply);
  for (const choice of [role, list, risk, sort]) choice.addEventListener("change", apply);
  tools.hidden = false;
  document.querySelector(".unscripted").hidden = true;
  addEventListener("pageshow", apply); // a browser that goes back fills the fields again
  // What will be sought is worked out beforehand, in pieces that keep nobody waiting.
  const work = (function* () {
    for (const row of everybody) yield known(row);
    for (const block of blocks()) for (const row of block.list.rows) yield textOf(row);
  })();
  const prepare = () => {
    const end = performance.now() + 15;
    while (performance.now() < end) if (work.next().done) return;
    setTimeout(prepare);
  };
  addEventListener("load", () => setTimeout(prepare, 50));
})();
