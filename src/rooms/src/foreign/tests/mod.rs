mod entering;
mod invites;
mod templates;
mod world;
