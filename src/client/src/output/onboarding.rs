//! Accounts and recovery, for people.

use crate::output::{Page, in_one_line};
use crate::report::{Identity, LoggedOut, Onboarded, Profile, Recovery};

pub fn onboarded(page: &Page, told: &Onboarded) -> String {
    let who = page.name(told.user_id.as_str());
    let mut lines = vec![format!("{} You are {who}.", page.good("✓"))];
    lines.extend(told.recovery_key.as_deref().map(|key| recovery_key(page, key)));
    if !told.vouched {
        lines.push(page.alert(&page.wrapped(NOT_VOUCHED, "")));
    }
    lines.join("\n")
}

const NOT_VOUCHED: &str = "This device is not vouched for yet, so nobody gives it keys: it can read nothing that is encrypted. \
    Run `thoughts recovery restore` with your recovery key, or `thoughts verify` beside another device of yours.";

/// The key, and what it is for: nobody who makes an account has to know the words for it.
fn recovery_key(page: &Page, key: &str) -> String {
    let told = "Your recovery key. It is shown only now: write it down, or put it where you keep passwords. If you lose this \
        device, it brings your thoughts and friends back; without it nobody can, not even those who run the server.";
    format!("\n{}\n\n    {}\n", page.wrapped(told, ""), page.strong(key))
}

pub fn logged_out(page: &Page, told: &LoggedOut) -> String {
    format!("{} {} is no longer on this computer.", page.good("✓"), page.name(told.user_id.as_str()))
}

pub fn identity(page: &Page, told: &Identity) -> String {
    let mark = |good: bool, yes: &str, no: &str| match good {
        true => format!("{} {yes}", page.good("✓")),
        false => format!("{} {}", page.bad("✗"), page.wrapped(no, "  ").trim_start()),
    };
    let mut lines = vec![
        page.name(told.user_id.as_str()),
        page.faint(&format!("device {} on {}", told.device_id, told.homeserver)),
        mark(told.cross_signed, "vouched for: friends give it keys", NOT_VOUCHED),
        mark(told.backup, "keys are backed up", "Keys are not backed up. Run `thoughts recovery setup`."),
    ];
    if told.pending > 0 {
        let text = format!("{} still to be done; `thoughts watch` does it as soon as it can be.", told.pending);
        lines.push(page.alert(&text));
    }
    lines.join("\n")
}

pub fn profile(page: &Page, told: &Profile) -> String {
    let name = told.name.as_deref().map(in_one_line).unwrap_or_else(|| "no name".to_owned());
    let picture = told.avatar_url.as_ref().map_or("no picture", |_| "with a picture");
    format!("{} {}\n{}", page.name(&name), page.faint(told.user_id.as_str()), page.faint(picture))
}

pub fn recovery(page: &Page, told: &Recovery) -> String {
    let mut lines = Vec::new();
    lines.extend(told.recovery_key.as_deref().map(|key| recovery_key(page, key)));
    lines.push(match (told.enabled, told.backup) {
        (true, true) => format!("{} Everything can be brought back with your recovery key.", page.good("✓")),
        (true, false) => {
            page.alert("There is a recovery key, but keys are not backed up. Run `thoughts recovery restore`.")
        }
        (false, _) => page.alert(
            "This device cannot use a recovery key yet. Run `thoughts recovery restore` if you have one, \
            or `thoughts recovery setup` to make one.",
        ),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::{owned_device_id, owned_user_id};

    use super::*;
    use crate::output::page::tests::narrow;

    #[test]
    fn the_recovery_key_stays_in_one_line() {
        let key = "EsTx xxxx xxxx xxxx xxxx xxxx xxxx xxxx xxxx xxxx xxxx xxxx";
        let told = Onboarded {
            user_id: owned_user_id!("@a:a.example"),
            device_id: owned_device_id!("D"),
            homeserver: "https://a.example".to_owned(),
            recovery_key: Some(key.to_owned()),
            vouched: true,
        };
        let shown = onboarded(&narrow(), &told);
        assert!(shown.lines().any(|line| line.trim() == key), "{shown}");
        assert!(!shown.contains("not vouched"));
        assert!(onboarded(&narrow(), &Onboarded { vouched: false, ..told }).contains("not vouched"));
    }

    #[test]
    fn what_is_pending_is_said_only_if_there_is_something() {
        let told = Identity {
            user_id: owned_user_id!("@a:a.example"),
            device_id: owned_device_id!("D"),
            homeserver: "https://a.example".to_owned(),
            cross_signed: true,
            backup: false,
            pending: 0,
        };
        assert!(!identity(&narrow(), &told).contains("still to be done"));
        assert!(identity(&narrow(), &told).contains("recovery setup"));
        assert!(identity(&narrow(), &Identity { pending: 2, ..told }).contains("2 still to be done"));
    }
}
