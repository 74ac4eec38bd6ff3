// Whether the host's theme is a dark one: it hands over colors, and does not say.

/** Keeps the page's own colors in step with the host's. */
export function watchTheme(): void {
  const look = (): void => {
    const background = getComputedStyle(document.body).backgroundColor;
    const [red, green, blue] = (background.match(/[\d.]+/g) ?? []).map(Number);
    if (red !== undefined && green !== undefined && blue !== undefined) {
      // Seen lightness, roughly.
      document.documentElement.dataset["theme"] = red * 0.299 + green * 0.587 + blue * 0.114 < 128 ? "dark" : "light";
    }
  };
  addEventListener("themeApplied", look);
}
