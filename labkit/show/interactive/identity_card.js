// The identity card: who stands behind an Identity ID, the role and the rule that chose it, the principal tags.
import { blocks, h, view } from "./shared.js";

export default view("identity-card", ({ root, watch }) => {
  watch("record", ({ blocks: list }) => root.replaceChildren(...(list?.length
    ? [h("h3", {}, root.getAttribute("aria-label")), ...blocks(list)]
    : [h("p", {}, "There is no identity.")])));
});
