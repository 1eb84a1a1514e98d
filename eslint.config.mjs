// What browsers run, what node tests; what `tsc` tells already is left to it.

import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["node_modules/", "out/", "build/", ".*/", "workbench/report/", "workbench/_skills/", "datasets/", "skills/"] },
  js.configs.recommended,
  {
    rules: {
      "eqeqeq": "error",
      "no-implicit-coercion": ["error", { boolean: true, number: true, string: true }],
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
          property, message: "Foreign text becomes text: use make() of dom.js.",
        })),
      ],
      "no-restricted-globals": ["error", "fetch", "XMLHttpRequest", "WebSocket"],
      "no-shadow": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      "no-eval": "error",
      "no-new-func": "error",
    },
  },
  { files: ["workbench/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/**/*.js", "eslint.config.js"], languageOptions: { globals: globals.node } },
];
