// Building and naming things on the page: elements, times, numbers.

/** Make an element. Properties set listeners (`onclick`), `dataset`, `style`, `class`, or attributes; text stays text. */
export function h(tag, told = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(told)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name === "dataset") Object.assign(made.dataset, value);
    else if (name === "style") for (const [key, look] of Object.entries(value)) made.style.setProperty(key, look);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function s(tag, told = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(told)) made.setAttribute(name, String(value));
  made.append(...children.flat().filter(Boolean));
  return made;
}

/** 83.25 as 1:23.2, 3683 as 1:01:23.0; tenths only where asked for. */
export function clock(seconds, digits = 1) {
  const scale = 10 ** digits;
  const whole = Math.floor(Math.max(0, seconds) * scale + 1e-6) / scale;
  const minutes = Math.floor(whole / 60);
  const rest = (whole - 60 * minutes).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

let count = 0;
export const freshId = (stem) => `desk-${stem}-${++count}`;

/** A label above a control. */
export function field(label, control, hint = "") {
  control.id ||= freshId("field");
  return h("div", { class: "desk-field" }, h("label", { for: control.id }, label), control,
    hint ? h("small", {}, hint) : null);
}

/** A choice of a few as radio buttons in one row. */
export function choice(legend, options, chosen, pick) {
  const name = freshId("choice");
  return h("fieldset", { class: "desk-choice" }, h("legend", {}, legend), h("div", {},
    options.map(([value, words]) => h("label", {},
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => pick(value) }),
      h("span", {}, words)))));
}
