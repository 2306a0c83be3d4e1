//! What is shown of the scenarios: by verdict, which needs no script, and by words, which does.

use maud::{Markup, html};

use super::overview::{class, sign};
use crate::results::ScenarioVerdict;

pub(super) fn form() -> Markup {
    html! {
        div class="filters" role="group" aria-label="Filters" {
            @for verdict in ScenarioVerdict::ALL {
                label {
                    input type="checkbox" id={ "show-" (class(verdict)) } checked;
                    " " span class=(class(verdict)) { (sign(verdict)) } " " (verdict.as_str())
                }
            }
            label class="search" hidden { "Search " input type="search" id="search" autocomplete="off"; }
            span id="found" role="status" {}
            p class="quiet keys" hidden {
                "Keys: / search, j and k next and previous failed scenario, Esc closes it"
            }
        }
    }
}
