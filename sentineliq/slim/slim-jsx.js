/* Stands for @emotion/react, which Reflex imports everywhere for its `jsx`: that is React's `createElement` with
 * one more property, `css`. Our pages are styled by classes and have none; vite-plugin-slim.js holds them to it. */

import { createElement } from "react";

export const jsx = createElement;
