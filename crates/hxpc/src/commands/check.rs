//! `hxpc check`

use hxp_diagnostics::Severity;
use hxp_driver::system::Disk;

use super::Exit;
use crate::args::Check;
use crate::progress::watch;
use crate::screen::Screen;

pub fn run(args: &Check) -> Exit {
    let request = match super::request(&args.project.project, &args.at) {
        Ok(request) => request,
        Err(exit) => return exit,
    };
    let watching = watch(&request.progress, args.show.style.quiet);
    let mut compilation = hxp_driver::compile(&Disk, &request);
    drop(watching);
    // Advice is what `lint` is for.
    compilation.diagnostics.retain(|d| d.severity != Severity::Advice);
    Screen::new(args.show.style).answer(&super::findings(&compilation), args.show.format);
    let exit = super::exit(&compilation);
    // The process ends here; taking the policy apart node by node would be a good part of the whole time.
    std::mem::forget(compilation);
    exit
}
