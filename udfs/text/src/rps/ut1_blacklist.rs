//! The UT1 blocklist categories of the domain, as the number of the set of categories: 0 is adult, 8190 all thirteen.

use super::SOURCE;
use crate::document::Needs;
use crate::lists::MAX_CATEGORY_ID;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_ut1_blacklist",
    definition: "The UT1 blocklist categories of the domain, as the number of the set of categories: 0 is adult, 8190 all thirteen. The domain is compared as it stands: case, port and `www.` matter.",
    undefined: "the domain is in no category, or no list is loaded",
    range: (0.0, MAX_CATEGORY_ID as f64),
    inputs: &[Input::Domain],
    source: SOURCE,
    example: ("rps_doc_ut1_blacklist('www.example.org')", "NULL"),
    version: 1,
    needs: Needs::NONE,
    measure: Measure::Int(|d| d.lists().ut1()?.category(d.row().domain?).map(i64::from)),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::document::{Analyzer, Row};
    use crate::lists::{ListError, Lists, Ut1List};
    use crate::signal::Measure;

    fn category(lists: &Lists, domain: Option<&str>) -> Option<i64> {
        let Measure::Int(measure) = SIGNAL.measure else {
            return None;
        };
        let row = Row {
            text: "",
            domain,
            ..Row::default()
        };
        measure(&Analyzer::new().analyze(row, SIGNAL.needs, lists))
    }

    #[test]
    fn compares_domains_as_they_stand() -> Result<(), ListError> {
        let list = Ut1List::from_json(r#"{"adult.example": 0, "chat.example:8080": 4}"#)?;
        let lists = Lists::builtin().clone().with_ut1(list);
        assert_eq!(category(&lists, Some("adult.example")), Some(0));
        assert_eq!(category(&lists, Some("chat.example:8080")), Some(4));
        for other in ["Adult.example", "www.adult.example", "chat.example", ""] {
            assert_eq!(category(&lists, Some(other)), None, "{other}");
        }
        assert_eq!(category(&lists, None), None);
        assert_eq!(category(Lists::builtin(), Some("adult.example")), None);
        Ok(())
    }
}
