// What pages need beside the search; without it they can be read all the same.
"use strict";

// What scrolls by itself can be scrolled by the keyboard, too, while it has to be.
function scrollers() {
	for (const each of document.querySelectorAll(".scrolls, pre")) {
		if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
		else each.removeAttribute("tabindex");
	}
}
scrollers();
addEventListener("resize", scrollers);

// The page's own line in the navigation is in sight.
const nav = document.getElementById("pages"), here = nav.querySelector("[aria-current]");
if (here !== null && nav.scrollHeight > nav.clientHeight) nav.scrollTop = here.offsetTop - nav.clientHeight / 2;
