//! What `az` prints, with what the library wants of it.

use patkeeper_http::TokenFacts;
use serde_json::Value;

/// How long a token is taken to be good that nothing tells the end of, in seconds.
const SHORT: i64 = 300;

/// The answer with `expires_on` and `tokenType`, which versions before 2.54.0 and some wrappers leave out. The end is
/// read from the token then; `expiresOn` is a local time without its zone. What is no such answer stays as it is.
pub(super) fn completed(printed: Vec<u8>, now: i64) -> Vec<u8> {
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(&printed) else {
        return printed;
    };
    let Some(token) = answer.get("accessToken").and_then(Value::as_str) else {
        return printed;
    };
    let told = answer.get("expires_on");
    let end = told
        .and_then(Value::as_i64)
        .or_else(|| told?.as_str()?.parse().ok())
        .or_else(|| Some(TokenFacts::read(token).expires?.timestamp()))
        .unwrap_or(now + SHORT);
    answer.insert("expires_on".to_owned(), end.into());
    answer.entry("tokenType").or_insert_with(|| "Bearer".into());
    Value::Object(answer).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn end(answer: &Value) -> i64 {
        let completed: Value =
            serde_json::from_slice(&completed(answer.to_string().into_bytes(), 1_000)).unwrap();
        assert_eq!(completed["tokenType"], "Bearer");
        assert_eq!(completed["accessToken"], answer["accessToken"]);
        completed["expires_on"].as_i64().unwrap()
    }

    #[test]
    fn the_end_is_the_one_told_else_the_tokens_own_else_soon() {
        // {"exp":5000}
        let token = "e30.eyJleHAiOjUwMDB9.c2ln";
        assert_eq!(
            end(&json!({"accessToken": token, "expires_on": 4_000, "tokenType": "Bearer"})),
            4_000
        );
        assert_eq!(end(&json!({"accessToken": token, "expires_on": "4000"})), 4_000);
        assert_eq!(
            end(&json!({"accessToken": token, "expiresOn": "2026-11-22 12:00:00.000000"})),
            5_000
        );
        assert_eq!(end(&json!({"accessToken": "opaque"})), 1_300);
    }

    proptest! {
        #[test]
        fn what_is_no_answer_stays_as_it_is(printed in "\\PC{0,60}|\\{\"accessToken\":[0-9]{1,5}\\}") {
            prop_assert_eq!(completed(printed.clone().into_bytes(), 0), printed.into_bytes());
        }
    }
}
