//! Tokens that clients bring back: of `/sync`, of history and of searches. The input is one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::read::Token;
use search::OrderBy;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let of_history = text.parse::<Token>().ok();
    if let Some(token) = of_history {
        let written = token.to_string();
        assert_eq!(written.parse::<Token>().ok(), Some(token));
        match token {
            // What only a sync understands may follow.
            Token::Arrival(position) => assert!(position >= 0 && text.starts_with(&written)),
            Token::Place { .. } => assert_eq!(written, text),
        }
    }
    if let Some((position, written)) = sync::fuzzing::token(text) {
        assert_eq!(of_history, Some(Token::Arrival(position)), "what a sync gives is a place in history");
        assert!(written.len() <= 1_000);
        assert_eq!(sync::fuzzing::token(&written), Some((position, written)));
    }
    for order in [OrderBy::Rank, OrderBy::Recent] {
        if let Some(written) = search::fuzzing::token(text, order) {
            assert_eq!(written, text);
        }
    }
});
