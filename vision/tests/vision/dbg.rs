//! tmp
use crate::assets::*;
use std::time::Instant;
use waymark_vision::*;
#[test]
fn dbg_plates() {
    let (stills, _) = crate::chain::bee().unwrap();
    for (tiles, min) in [(true, 0.3), (true, 0.2), (false, 0.3), (false, 0.2)] {
        let mut text = STREET.to_string();
        if !tiles { text = text.replace("width_px = 1024\nheight_px = 1024", "width_px = 16000\nheight_px = 16000"); }
        let parts: Vec<String> = text.split("[[model]]").enumerate().map(|(i, p)| if i >= 3 { p.replace("score_min = 0.3", &format!("score_min = {min:.1}")) } else { p.to_string() }).collect();
        let mut d = Detector::new(&runtime(), &pack(&parts.join("[[model]]")).unwrap()).unwrap();
        let b = Instant::now();
        let mut c = std::collections::BTreeMap::new();
        for (k, s) in stills.iter().enumerate().step_by(6) { 
            let (i, f) = redact_image(&s.bytes, &mut d, &Settings::default()).unwrap();
            if tiles && min > 0.25 { std::fs::write(format!("/tmp/vis/{k}.jpg"), i.jpeg()).unwrap(); }
            for f in f { if f.class.as_str()=="plate" { println!("  {k} {} {:?} {}", f.score, f.bbox, f.model); *c.entry(f.model.to_string()).or_insert(0) += 1; } } }
        println!("{tiles} {min}: {:.0} ms {c:?}", b.elapsed().as_millis() as f64 / 12.0);
    }
}
