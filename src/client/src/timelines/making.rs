//! Makes one's own timelines, and remembers them in the list of audiences.

use matrix_sdk::ruma::RoomId;
use matrix_sdk::ruma::api::client::room::create_room::v3::{CreationContent, Request, RoomPreset};
use matrix_sdk::ruma::events::AnyInitialStateEvent;
use matrix_sdk::ruma::serde::Raw;
use matrix_sdk::{Room, RoomState};
use peerbrain_vocabulary::{
    Audience, AudienceKind, Audiences, MAX_AUDIENCE_NAME_CHARS, MAX_AUDIENCES, ProfileRoom, alias_localpart, names,
    public_alias_localpart,
};
use serde_json::{Value, json, value::to_raw_value};

use super::owner::own;
use crate::account::Account;
use crate::error::{Error, Result};

/// The names of the timelines that everybody has.
const FRIENDS: &str = "friends";
const PUBLIC: &str = "public";

/// The timeline for friends or the public one; made now if there is none yet.
///
/// # Errors
/// This device is not let in, or the server refuses.
pub async fn ensure(account: &Account, kind: AudienceKind) -> Result<Room> {
    let _turn = account.making().await;
    let known = known(account).await?;
    if let Some(audience) = known.of_kind(kind) {
        let room = of_audience(account, audience)?;
        return if room.state() == RoomState::Joined { Ok(room) } else { Err(gone(audience)) };
    }
    let name = if kind == AudienceKind::Public { PUBLIC } else { FRIENDS };
    make(account, kind, name).await
}

/// Makes a timeline for some of one's friends.
///
/// # Errors
/// The name is taken or cannot be one; this device is not let in, or the server refuses.
pub async fn create(account: &Account, name: &str) -> Result<Room> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_AUDIENCE_NAME_CHARS || name.contains(char::is_control) {
        return Err(Error::Input(format!("A name of an audience has 1 to {MAX_AUDIENCE_NAME_CHARS} letters.")));
    }
    let _turn = account.making().await;
    let known = known(account).await?;
    if known.named(name).is_some() || [FRIENDS, PUBLIC].contains(&name.to_lowercase().as_str()) {
        return Err(Error::Input(format!("There is an audience called {name} already.")));
    }
    if known.audiences.len() >= MAX_AUDIENCES {
        return Err(Error::Input(format!(
            "There are {MAX_AUDIENCES} audiences already, which is as many as there can be."
        )));
    }
    make(account, AudienceKind::List, name).await
}

/// The list of audiences, with timelines that were made and not written down, because something broke off in between.
async fn known(account: &Account) -> Result<Audiences> {
    let audiences = account.audiences().await?;
    let mut lost = Vec::new();
    for room in own(account).await? {
        if audiences.in_room(room.room_id().as_str()).is_none() {
            let kind = kind_of(&room);
            // Of the timelines that there is one of, a second one is a list like others.
            let kind =
                if kind != AudienceKind::List && audiences.of_kind(kind).is_some() { AudienceKind::List } else { kind };
            let name = match kind {
                AudienceKind::Friends => FRIENDS.to_owned(),
                AudienceKind::Public => PUBLIC.to_owned(),
                AudienceKind::List => {
                    format!("found {}", room.room_id().as_str().chars().skip(1).take(6).collect::<String>())
                }
            };
            lost.push(Audience { name, room_id: room.room_id().to_string(), kind });
        }
    }
    if lost.is_empty() {
        return Ok(audiences);
    }
    account.change_audiences(|audiences| add(audiences, &lost)).await
}

fn add(audiences: &mut Audiences, found: &[Audience]) {
    for audience in found {
        if audiences.in_room(&audience.room_id).is_none() {
            audiences.audiences.push(audience.clone());
        }
    }
}

fn kind_of(room: &Room) -> AudienceKind {
    use matrix_sdk::ruma::room::JoinRule;
    match room.join_rule() {
        Some(JoinRule::Public) => AudienceKind::Public,
        Some(JoinRule::Knock) => AudienceKind::Friends,
        _ => AudienceKind::List,
    }
}

/// The timeline of an audience, as far as this device knows it.
///
/// # Errors
/// It does not.
pub fn of_audience(account: &Account, audience: &Audience) -> Result<Room> {
    let room = RoomId::parse(&audience.room_id).ok().and_then(|room_id| account.client().get_room(&room_id));
    room.ok_or_else(|| gone(audience))
}

fn gone(audience: &Audience) -> Error {
    Error::NotFound(format!("The timeline of the audience {} is gone.", audience.name))
}

async fn make(account: &Account, kind: AudienceKind, name: &str) -> Result<Room> {
    let localpart = account.user_id().localpart();
    let alias = match kind {
        AudienceKind::Friends => Some(alias_localpart(localpart)),
        AudienceKind::Public => Some(public_alias_localpart(localpart)),
        AudienceKind::List => None,
    };
    let room = match account.client().create_room(request(account, kind, alias.clone())?).await.map_err(Error::from) {
        // The alias is somebody else's, on a server that does not keep it for its owner: the profile leads there, too.
        Err(Error::Refused(_)) if alias.is_some() => {
            account.client().create_room(request(account, kind, None)?).await?
        }
        made => made?,
    };
    let audience = Audience { name: name.to_owned(), room_id: room.room_id().to_string(), kind };
    account.change_audiences(|audiences| add(audiences, std::slice::from_ref(&audience))).await?;
    if kind == AudienceKind::Friends {
        tell_where(account, &room).await?;
    }
    // The SDK knows what the room is like once it has come by sync.
    for _ in 0..20 {
        if super::owner(&room).await?.is_some() {
            break;
        }
        account.sync_once(std::time::Duration::from_millis(500)).await?;
    }
    Ok(room)
}

/// Puts the timeline for friends into the profile.
async fn tell_where(account: &Account, room: &Room) -> Result<()> {
    let user_id = account.user_id();
    let value = ProfileRoom { room_id: room.room_id().to_string(), via: vec![user_id.server_name().to_string()] };
    let path = format!(
        "/_matrix/client/v3/profile/{}/{}",
        super::finding::encoded(user_id.as_str()),
        names::PROFILE_ROOM_FIELD
    );
    // A server without such fields has the alias.
    match account.put_json(&path, &json!({ names::PROFILE_ROOM_FIELD: value })).await {
        Err(Error::Refused(_)) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

fn request(account: &Account, kind: AudienceKind, alias: Option<String>) -> Result<Request> {
    let is_public = kind == AudienceKind::Public;
    let mut state = vec![
        (
            "m.room.history_visibility",
            json!({"history_visibility": if is_public { "world_readable" } else { "shared" }}),
        ),
        (
            "m.room.join_rules",
            json!({"join_rule": match kind {
                AudienceKind::Friends => "knock",
                AudienceKind::List => "invite",
                AudienceKind::Public => "public",
            }}),
        ),
        ("m.room.guest_access", json!({"guest_access": "forbidden"})),
        (names::PROFILE_USER_ID, json!({"user_id": account.user_id()})),
    ];
    if !is_public {
        state.push(("m.room.encryption", json!({"algorithm": "m.megolm.v1.aes-sha2"})));
    }
    let mut request = Request::new();
    request.room_alias_name = alias;
    request.preset = Some(if is_public { RoomPreset::PublicChat } else { RoomPreset::PrivateChat });
    request.creation_content = Some(raw::<CreationContent>(&json!({"type": names::PROFILE_ROOM_TYPE}))?);
    request.initial_state = state
        .into_iter()
        .map(|(kind, content)| raw::<AnyInitialStateEvent>(&json!({"type": kind, "state_key": "", "content": content})))
        .collect::<Result<_>>()?;
    request.power_level_content_override = Some(raw(&json!({
        "users_default": 0, "events_default": if is_public { 100 } else { 0 }, "state_default": 100,
        "invite": 100, "kick": 50, "ban": 50, "redact": 50, "events": {"m.reaction": 0, "m.room.redaction": 0},
    }))?);
    Ok(request)
}

fn raw<T>(value: &Value) -> Result<Raw<T>> {
    Ok(Raw::from_json(to_raw_value(value)?))
}
