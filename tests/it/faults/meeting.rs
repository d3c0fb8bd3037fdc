//! After the storm the residents meet at the door, for a last word is heard only where it is known who is there.

use std::time::{Duration, Instant};

use super::cast::{Cast, Room};
use super::notes::{Fact, Notes};
use super::story::PATIENCE;
use crate::federation::story::{join_via, membership};
use crate::user::User;

/// Lets all residents in, and has them greet until each server knows of all others that they are there.
///
/// A server sends an event to those of whom it knows that they are in the room. Who came in without its knowledge hears of
/// the event from what comes after it, if anything does.
pub async fn meet(cast: &Cast, notes: &Notes) -> Result<(), String> {
    for user in &cast.residents {
        enter(user, &cast.door).await?;
    }
    let (started, mut round) = (Instant::now(), 0);
    while let Some(stranger) = stranger(cast).await {
        if started.elapsed() > PATIENCE {
            return Err(stranger);
        }
        round += 1;
        for (site, user) in cast.residents.iter().enumerate() {
            word(notes, site, user, &cast.door, &format!("greeting {round}")).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// A message that all must have.
pub async fn word(notes: &Notes, site: usize, user: &User, room: &Room, what: &str) -> String {
    let text = format!("{what}, {}", user.id);
    let event = user.say(&room.id, &format!("{what} {}", room.id), &text).await;
    let (room, text) = (room.id.clone(), Some(text));
    notes.add(Fact { site, everywhere: true, room, event: event.clone(), text });
    event
}

/// Enters a room, for which others are needed.
async fn enter(user: &User, room: &Room) -> Result<(), String> {
    let started = Instant::now();
    loop {
        let reply = join_via(user, &room.id, &[room.via.as_str()]).await;
        if reply.status == 200 {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("{} cannot enter {}: {} {}", user.id, room.id, reply.status, reply.text));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Somebody whom another does not see at the door.
async fn stranger(cast: &Cast) -> Option<String> {
    for user in &cast.residents {
        for other in &cast.residents {
            let seen = membership(user, &cast.door.id, &other.id).await;
            if seen != "join" {
                return Some(format!("{} sees {} in {} as {seen}", user.id, other.id, cast.door.id));
            }
        }
    }
    None
}
