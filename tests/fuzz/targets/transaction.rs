//! Transactions of other servers. The input is a body.
#![no_main]

use events::canonical;
use http::Request;
use libfuzzer_sys::fuzz_target;
use ruma::{
    CanonicalJsonValue,
    api::{IncomingRequestExt, federation::transactions::send_transaction_message::v1},
    server_name,
};

fuzz_target!(|data: &[u8]| {
    let request = Request::put("/_matrix/federation/v1/send/1").body(data).expect("a request");
    let Ok(transaction) = v1::Request::try_from_http_request(request, &["1"]) else { return };
    for edu in &transaction.edus {
        let _ = edu.deserialize();
    }
    let texts: Vec<String> = transaction.pdus.iter().map(|pdu| pdu.get().to_owned()).collect();
    let rooms = federation::fuzzing::sorted(server_name!("a"), transaction.pdus);
    let mut found = 0;
    for (n, (room_id, pdus)) in rooms.iter().enumerate() {
        assert!(!pdus.is_empty() && rooms.iter().take(n).all(|(other, _)| other != room_id));
        let mut rest = texts.iter();
        for pdu in pdus {
            assert!(rest.any(|text| text == pdu.get()), "not in its order");
            if let Ok(object) = canonical::object(pdu.get()) {
                let read = object.get("room_id").and_then(CanonicalJsonValue::as_str);
                assert_eq!(read, Some(room_id.as_str()), "readers do not agree");
            }
        }
        found += pdus.len();
    }
    assert!(found <= texts.len());
});
