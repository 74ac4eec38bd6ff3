'use strict';
// The host's themes, as far as a page reads them: CSS values by the names that Azure DevOps gives them.

const light = {
  'background-color': 'rgba(255, 255, 255, 1)',
  'text-primary-color': 'rgba(0, 0, 0, 0.9)',
  'text-secondary-color': 'rgba(0, 0, 0, 0.55)',
  'text-disabled-color': 'rgba(0, 0, 0, 0.38)',
  'communication-foreground': 'rgba(0, 90, 158, 1)',
  'callout-background-color': 'rgba(255, 255, 255, 1)',
  'focus-border-color': 'rgba(0, 120, 212, 1)',
  'palette-primary': '0, 120, 212',
  'palette-neutral-100': '0, 0, 0',
  'palette-neutral-0': '255, 255, 255',
};

const dark = {
  'background-color': 'rgba(32, 31, 30, 1)',
  'text-primary-color': 'rgba(255, 255, 255, 1)',
  'text-secondary-color': 'rgba(255, 255, 255, 0.7)',
  'text-disabled-color': 'rgba(255, 255, 255, 0.5)',
  'communication-foreground': 'rgba(109, 180, 244, 1)',
  'callout-background-color': 'rgba(41, 40, 39, 1)',
  'focus-border-color': 'rgba(40, 153, 245, 1)',
  'palette-primary': '0, 120, 212',
  'palette-neutral-100': '255, 255, 255',
  'palette-neutral-0': '32, 31, 30',
};

const highContrast = {
  'background-color': 'rgba(0, 0, 0, 1)',
  'text-primary-color': 'rgba(255, 255, 255, 1)',
  'text-secondary-color': 'rgba(255, 255, 255, 1)',
  'text-disabled-color': 'rgba(63, 242, 63, 1)',
  'communication-foreground': 'rgba(255, 255, 0, 1)',
  'callout-background-color': 'rgba(0, 0, 0, 1)',
  'focus-border-color': 'rgba(26, 235, 255, 1)',
  'palette-primary': '26, 235, 255',
  'palette-neutral-100': '255, 255, 255',
  'palette-neutral-0': '0, 0, 0',
};

module.exports = { light, dark, highContrast };
