//! Who one is, and what brings it back.

use crate::account::Account;
use crate::cli::arguments::{Profile, RecoveryStep};
use crate::console::{Console, Question};
use crate::error::Result;
use crate::report::Report;
use crate::{login, onboarding};

pub async fn logout(account: &Account, console: &mut dyn Console) -> Result<()> {
    console.report(Report::LoggedOut(login::logout(account).await?));
    Ok(())
}

pub async fn whoami(account: &Account, console: &mut dyn Console) -> Result<()> {
    console.report(Report::Identity(login::whoami(account).await?));
    Ok(())
}

pub async fn profile(account: &Account, profile: Profile, console: &mut dyn Console) -> Result<()> {
    let changed = login::profile(account, profile.name.as_deref(), profile.avatar.as_deref()).await?;
    console.report(Report::Profile(changed));
    Ok(())
}

pub async fn recovery(account: &Account, step: RecoveryStep, console: &mut dyn Console) -> Result<()> {
    let told = match step {
        RecoveryStep::Status => onboarding::recovery_status(account).await?,
        RecoveryStep::Setup { anew: true } => onboarding::recovery_anew(account, console).await?,
        RecoveryStep::Setup { anew: false } => onboarding::recovery_setup(account, console).await?,
        RecoveryStep::Restore { key, .. } => {
            let key = match key {
                Some(key) => key,
                None => console.ask(Question::secret("Your recovery key:")).await?,
            };
            onboarding::recovery_restore(account, &key, console).await?
        }
    };
    console.report(Report::Recovery(told));
    Ok(())
}
