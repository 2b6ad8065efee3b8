//! `hxpc init`

use super::Exit;
use crate::args::Init;
use crate::screen::Screen;

pub fn run(args: &Init) -> Exit {
    let _screen = Screen::new(args.style);
    Exit::Fine
}
