//! Puts a line in the place of the map page where that was not built, so that cargo alone builds the program.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::SystemTime;

const STAND_IN: &str = "<!doctype html><html lang=\"en\"><title>Waymark</title>\
<p>The map page is not in this program: it was built without Node.js. <code>make build</code> builds both.</html>\n";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=web/dist");
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist");
    let page = dist.join("index.html");
    if !page.exists() {
        fs::create_dir_all(&dist)?;
        fs::write(&page, STAND_IN)?;
        // What is older than this run does not make cargo run it once more.
        for made in [&page, &dist] {
            File::open(made)?.set_modified(SystemTime::UNIX_EPOCH)?;
        }
    }
    Ok(())
}
