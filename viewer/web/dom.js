// Builds elements. All text goes in as text, never as markup.

/** An element with these properties; `class` and `data` are short for `className` and `dataset`. */
export function element(tag, { class: name, data, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (name) made.className = name;
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

/** Sets a text only if it differs, so that a selection in it lasts and nothing is laid out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets a data attribute, or removes it for `null`. */
export function setData(node, name, value) {
  if (value === null) delete node.dataset[name];
  else if (node.dataset[name] !== String(value)) node.dataset[name] = value;
}
