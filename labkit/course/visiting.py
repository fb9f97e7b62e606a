"""A person at a page: played by the course's browser, or asked to go there."""

from __future__ import annotations

from labkit.course.browser import Browser, Page, is_here


def visit(browser: Browser, address: str, **form: str) -> Page | None:
    """Open a page and, if it has a form, send it with `form` filled in. What the browser shows then.

    An address beyond this machine is printed for you to open in a browser of your own, which keeps its own
    session; None then, and `RedirectCatcher.wait` waits for you.
    """
    if not is_here(address):
        whom = f" and sign in as `{form['username']}`" if "username" in form else ""
        print(f"Open this in your browser{whom}; the notebook waits at its next step:\n{address}")  # noqa: T201
        return None
    page = browser.open(address)
    return browser.fill(**form) if form and page.forms else page
