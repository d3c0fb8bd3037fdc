//! Headers as servers write them, and as nobody should.

use http::HeaderValue;

use super::*;

fn headers(values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn read_one(value: &str) -> Result<XMatrix> {
    read(&headers(&[value])).map(|mut all| all.remove(0))
}

#[test]
fn spellings_of_one_header() {
    let expected = XMatrix {
        origin: "origin.example:8448".try_into().unwrap(),
        destination: Some("[::1]:80".to_owned()),
        key: "ed25519:key1".try_into().unwrap(),
        signature: "AB+/c".to_owned(),
    };
    for value in [
        r#"X-Matrix origin="origin.example:8448",destination="[::1]:80",key="ed25519:key1",sig="AB+/c""#,
        r#"X-Matrix origin=origin.example:8448,destination=[::1]:80,key=ed25519:key1,sig=AB+/c"#,
        r#"x-matrix   ORIGIN=origin.example:8448 , 	Destination="\[::1]:80" ,, key = "ed25519:\k\ey1",Sig="AB+/c","#,
        r#"X-Matrix key=ed25519:key1,more="a,\"b=c",signature="AB+/c",destination="[::1]:80",origin="origin.example:8448",x="#,
    ] {
        assert_eq!(read_one(value).unwrap(), expected, "{value}");
    }
    let old = read_one("X-Matrix origin=a,key=\"ed25519:1\",sig=x").unwrap();
    assert_eq!(old.destination, None);
}

#[test]
fn malformed_headers_are_refused() {
    for value in [
        "X-Matrix ",
        "X-Matrix origin",
        "X-Matrix origin=a",
        "X-Matrix origin=a,key=ed25519:1",
        "X-Matrix key=ed25519:1,sig=x",
        "X-Matrix origin=a,key=1,sig=x",
        "X-Matrix origin=a b,key=ed25519:1,sig=x",
        "X-Matrix origin=\"a\"b,key=ed25519:1,sig=x",
        "X-Matrix origin=\"a,key=ed25519:1,sig=x",
        "X-Matrix origin=\"a\\",
        "X-Matrix origin=a,origin=a,key=ed25519:1,sig=x",
        "X-Matrix origin=a,key=ed25519:1,sig=x,signature=x",
        "X-Matrix origin=,key=ed25519:1,sig=x",
        "X-Matrix origin=a/b,key=ed25519:1,sig=x",
        "X-Matrix origin=a;key=ed25519:1;sig=x",
        "X-Matrix o rigin=a,origin=a,key=ed25519:1,sig=x",
        "X-Matrix =a,origin=a,key=ed25519:1,sig=x",
        "Bearer origin=a,key=ed25519:1,sig=x",
        "X-Matrix",
        "",
    ] {
        let error = read_one(value).unwrap_err();
        assert_eq!((error.status(), error.errcode()), (401, Some("M_UNAUTHORIZED")), "{value}");
    }
    assert!(read(&HeaderMap::new()).is_err());
}

#[test]
fn several_headers() {
    let one = "X-Matrix origin=a,key=ed25519:1,sig=x";
    let two = "X-Matrix origin=a,key=ed25519:2,sig=y";
    assert_eq!(read(&headers(&["Bearer token", one, two])).unwrap().len(), 2);
    assert_eq!(read(&headers(&[one; 50])).unwrap().len(), MAX_HEADERS);
    assert!(read(&headers(&[one, "X-Matrix origin=b,key=ed25519:1,sig=x"])).is_err());
    assert!(read(&headers(&[one, "X-Matrix nonsense"])).is_err());
}
