/** What Swagger UI's elements lack for those who do not see them, or say wrongly. */

type Value = string | null | ((element: Element) => string);

/** Which elements get which attribute; `null` takes it away. */
const ATTRIBUTES: [selector: string, attribute: string, value: Value][] = [
  // They are beside the main part, in no part that has a name.
  ['.information-container', 'role', 'region'],
  ['.information-container', 'aria-label', 'About the API'],
  ['.scheme-container', 'role', 'region'],
  ['.scheme-container', 'aria-label', 'Token'],
  // A table is no region, and there are many.
  ['.responses-table', 'role', null],
  ['.opblock-tag, .models > h4, .modal-ux h3', 'aria-level', '2'],
  ['.opblock-body h4, .modal-ux h4', 'aria-level', '3'],
  ['.opblock-body h5, .modal-ux h6', 'aria-level', '4'],
  ['.body-param__text', 'aria-label', 'Request body'],
  ['.examples-select-element', 'aria-label', 'Example'],
  ['[data-param-name] select', 'aria-label', (element) => element.closest('[data-param-name]')?.getAttribute('data-param-name') ?? ''],
  ['.close-modal', 'aria-label', 'Close'],
  // Another name than the one to be seen.
  ['.auth-btn-wrapper button', 'aria-label', null],
  // They scroll.
  ['pre:not(.version)', 'tabindex', '0'],
];

/** Sees to it whenever something is shown. */
export function completeAttributes(root: HTMLElement): void {
  new MutationObserver(() => {
    for (const [selector, attribute, value] of ATTRIBUTES) {
      root.querySelectorAll(selector).forEach((element) => complete(element, attribute, value));
    }
  }).observe(root, { childList: true, subtree: true });
}

function complete(element: Element, attribute: string, value: Value): void {
  if (value === null) {
    element.removeAttribute(attribute);
  } else {
    element.setAttribute(attribute, typeof value === 'string' ? value : value(element));
  }
}
