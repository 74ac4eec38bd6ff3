//! What JavaScript calls. Nothing is decided here: values are taken over and handed back.

use chrono::{DateTime, Utc};
use tsify::{Ts, Tsify};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::model::{DocumentEntry, Facets, FindingGroup, Overview, PatPage, PatQuery, Timeline, Trend};
use crate::{health, trend};

/// Everything that the page knows, and what it can be asked.
#[wasm_bindgen]
pub struct Health(health::Health);

#[wasm_bindgen]
impl Health {
    /// Nothing yet. `now_ms`: the page's moment, as `Date.now()` tells it.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(js_name = nowMs)] now_ms: f64) -> Self {
        Self(health::Health::new(moment(now_ms)))
    }

    /// Takes a document in. Never throws on a bad one: its state and words say so.
    pub fn add(&mut self, name: &str, text: &str) -> Result<Ts<DocumentEntry>, JsError> {
        Ok(self.0.add(name, text).into_ts()?)
    }

    /// Says that a document could not be fetched, and why: the page then does not pass for whole.
    pub fn missed(&mut self, name: &str, words: &str) -> Result<Ts<DocumentEntry>, JsError> {
        Ok(self.0.missed(name, words).into_ts()?)
    }

    /// The top of the page.
    pub fn overview(&self) -> Result<Ts<Overview>, JsError> {
        Ok(self.0.overview().into_ts()?)
    }

    /// The 90 days from the page's moment on.
    pub fn timeline(&self) -> Result<Ts<Timeline>, JsError> {
        Ok(self.0.timeline().into_ts()?)
    }

    /// What the table can be filtered by.
    pub fn facets(&self) -> Result<Ts<Facets>, JsError> {
        Ok(self.0.facets().into_ts()?)
    }

    /// Some rows of the table.
    pub fn pats(&self, query: Ts<PatQuery>) -> Result<Ts<PatPage>, JsError> {
        Ok(self.0.pats(&query.to_rust()?).into_ts()?)
    }

    /// Policy findings by rule, of each rule at most so many.
    pub fn findings(
        &self,
        #[wasm_bindgen(js_name = perRule)] per_rule: u32,
    ) -> Result<Vec<Ts<FindingGroup>>, JsError> {
        let groups = self.0.findings(per_rule);
        let groups: Result<_, _> = groups.iter().map(Tsify::into_ts).collect();
        Ok(groups?)
    }

    /// Judges by other thresholds than the steps did. Throws where `criticalDays` is over `warningDays`.
    pub fn judge(
        &mut self,
        #[wasm_bindgen(js_name = warningDays)] warning_days: u32,
        #[wasm_bindgen(js_name = criticalDays)] critical_days: u32,
    ) -> Result<(), JsError> {
        Ok(self.0.judge(warning_days, critical_days)?)
    }

    /// Goes back to the steps' own thresholds.
    #[wasm_bindgen(js_name = judgeAsReported)]
    pub fn judge_as_reported(&mut self) {
        self.0.judge_as_reported();
    }
}

/// One build in the trend, by the texts of its documents: what it came to, or why that is not known.
#[wasm_bindgen(js_name = trendPoint)]
pub fn trend_point(texts: Vec<String>) -> Result<Ts<Trend>, JsError> {
    Ok(trend::trend_point(texts.iter().map(String::as_str)).into_ts()?)
}

/// A moment that no calendar has is 1970.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast ends at the bounds, which no calendar has"
)]
fn moment(ms: f64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms as i64).unwrap_or_default()
}
