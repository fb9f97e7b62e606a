"""Views that answer: a widget draws a plain record, takes a question, and shows the answer.

A view has three files here, named alike: `token_inspector.py`, `.js` and `.css`.

- The Python file has a pure function that makes the record, a pure function that answers a question
  of the page, the widget's class, and the public function (listed in `labkit.show`).
- The JavaScript file ends in `export default view("token-inspector", build)` and takes what it needs
  from `./shared.js`. Node imports both as they are; in a notebook they are one module (`widget.page`).
- The style sheet begins every selector with `.labkit-token-inspector`; colours are `shared.css`'s variables.

Nothing here is imported before a view is asked for: `import labkit.show` loads no widgets.
"""
