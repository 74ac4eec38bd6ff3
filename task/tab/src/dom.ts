// Building the page. Whatever is text becomes a text node; there is no way in for markup.

import { visible } from "./text";

/** What an element can hold. */
export type Child = Node | string | undefined | false;

/** Attributes by name; `true` sets an empty one, `false` and `undefined` none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  assign(element, attributes);
  append(element, children);
  return element;
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  assign(element, attributes);
  append(element, children);
  return element;
}

/** A push button. */
export function button(attributes: Attributes, pressed: () => void, ...children: readonly Child[]): HTMLButtonElement {
  const element = el("button", { type: "button", ...attributes }, ...children);
  element.addEventListener("click", pressed);
  return element;
}

/** Text of a stranger: its direction of writing ends where it ends. */
export function foreign(text: string, attributes: Attributes = {}): HTMLElement {
  return el("bdi", attributes, text);
}

/** Puts these in place of whatever an element holds. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** A `<details>` whose content is made when it is first opened. */
export function folded(summary: readonly Child[], attributes: Attributes, make: () => readonly Child[]): HTMLDetailsElement {
  const details = el("details", attributes, el("summary", {}, ...summary));
  const body = el("div", { class: "folded" });
  details.append(body);
  let made = false;
  const open = (): void => {
    if (details.open && !made) {
      made = true;
      append(body, make());
    }
  };
  details.addEventListener("toggle", open);
  open();
  return details;
}

function assign(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) {
      continue;
    }
    element.setAttribute(name, value === true ? "" : visible(String(value)));
  }
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === false) {
      continue;
    }
    parent.append(typeof child === "string" ? visible(child) : child);
  }
}
