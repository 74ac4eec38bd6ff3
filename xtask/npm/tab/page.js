'use strict';
// The page as a person meets it: by roles, labels and visible words, never by how it is made.

/** Runs in the frame: what the page shows. */
const look = {
  title: () => document.querySelector('h1')?.innerText ?? '',
  text: () => document.body.innerText,
  busy: () => document.querySelector('main').getAttribute('aria-busy') === 'true',
  sections: () => [...document.querySelectorAll('h2')].map((one) => one.innerText.trim()),
  chips: () => [...document.querySelectorAll('[role=group][aria-label*="status"] button')].map((one) => ({ words: one.innerText.replace(/\s+/g, ' ').trim(), pressed: one.getAttribute('aria-pressed') === 'true' })),
  names: () => [...document.querySelectorAll('table tbody th[scope=row] button')].map((one) => one.innerText.trim()),
  rows: () => [...document.querySelectorAll('table tbody tr')].filter((row) => row.querySelector('th[scope=row] button')).map((row) => [...row.cells].map((cell) => cell.innerText.replace(/\s+/g, ' ').trim())),
  focus: () => {
    const one = document.activeElement;
    return { tag: one.tagName, role: one.getAttribute('role'), type: one.getAttribute('type'), label: one.getAttribute('aria-label') ?? (one.labels?.[0]?.innerText || one.innerText || '').replace(/\s+/g, ' ').trim(), inTable: one.closest('tbody') !== null, inHead: one.closest('thead') !== null };
  },
};

/** What a person does and sees in a frame. */
function eyes(frame) {
  const see = Object.fromEntries(Object.entries(look).map(([name, work]) => [name, () => frame.evaluate(work)]));
  const until = (work, ...given) => frame.waitForFunction(work, { timeout: 10_000 }, ...given);
  return {
    ...see,
    until,
    /** Waits for words anywhere on the page. */
    untilSaid: (words) => until((wanted) => document.body.innerText.includes(wanted), words),
    /** Waits for the page to be whole: its last part are the notes. */
    untilDrawn: () => until(() => document.querySelector('main').getAttribute('aria-busy') !== 'true' && document.getElementById('notes') !== null),
    untilRows: (count) => until((wanted) => document.querySelectorAll('table tbody th[scope=row] button').length === wanted, count),
    press: (role, words) => frame.locator(`::-p-aria([name="${words}"][role="${role}"])`).click(),
    /** Opens whatever is folded. */
    unfold: () => frame.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true))),
    /** Chooses in the list with this label what begins so, in lower case. */
    choose: async (label, words) => {
      const select = await frame.$(`select[aria-label="${label}"]`);
      const value = await select.evaluate((one, wanted) => [...one.options].find((option) => option.innerText.toLowerCase().startsWith(wanted))?.value, words);
      await select.select(value);
    },
    search: async (words) => {
      const field = await frame.$('input[type=search]');
      await field.evaluate((one) => (one.value = ''));
      if (words === '') await field.evaluate((one) => one.dispatchEvent(new Event('input', { bubbles: true })));
      else await field.type(words);
    },
  };
}

module.exports = { eyes };
