//! Pictures with annotations in the format of COCO's object detection (Lin et al. 2014, arXiv:1405.0312).

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;
use waymark_datasets::{ClassName, Ppm};
use waymark_vision::TruthBox;

use super::truth::{Footage, Media, Picture, bbox, bytes};

/// The file beside the pictures.
pub const ANNOTATIONS: &str = "annotations.json";
/// A larger file is refused: that of COCO's training set has half as many bytes.
const ANNOTATIONS_BYTES_MAX: u64 = 1 << 30;
/// So many pictures are in memory as files at a time.
const PICTURES_AT_A_TIME: usize = 64;

/// The file, as far as it is needed.
#[derive(Deserialize)]
struct Annotations {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: u64,
    file_name: PathBuf,
    width: Option<u32>,
    height: Option<u32>,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: u64,
    category_id: u64,
    /// Left, upper edge, width, height, in pixels.
    bbox: [f32; 4],
    #[serde(default)]
    iscrowd: u8,
}

#[derive(Deserialize)]
struct Category {
    id: u64,
    name: String,
}

/// Reads the annotations and finds the pictures.
pub fn read(dir: &Path) -> anyhow::Result<Vec<Footage>> {
    let file = dir.join(ANNOTATIONS);
    let size_bytes = file.metadata()?.len();
    ensure!(size_bytes <= ANNOTATIONS_BYTES_MAX, "it has more than {ANNOTATIONS_BYTES_MAX} bytes");
    let all: Annotations = serde_json::from_slice(&bytes(&file)?).context("it is not in the format of COCO")?;
    ensure!(!all.images.is_empty(), "it names no images");
    let pictures: Vec<Picture> = all.images.iter().map(|image| picture(dir, image)).collect::<Result<_, _>>()?;
    let places: HashMap<u64, usize> = all.images.iter().map(|image| image.id).zip(0..).collect();
    ensure!(places.len() == pictures.len(), "two of its images have the same id");
    let mut truths = truths(&all, &places)?;
    let mut footage: Vec<Footage> = Vec::new();
    for (place, picture) in pictures.into_iter().enumerate() {
        if place % PICTURES_AT_A_TIME == 0 {
            footage.push(Footage { media: Media::Pictures(Vec::new()), truth: BTreeMap::new() });
        }
        let Some(Footage { media: Media::Pictures(pictures), truth }) = footage.last_mut() else { break };
        truth.extend(truths.remove(&place).map(|boxes| (pictures.len() as u32, boxes)));
        pictures.push(picture);
    }
    Ok(footage)
}

/// A picture beside the file or below it, nowhere else.
fn picture(dir: &Path, image: &Image) -> anyhow::Result<Picture> {
    let name = image.file_name.display();
    let is_below = image.file_name.components().all(|part| matches!(part, Component::Normal(_)));
    ensure!(is_below, "image {}: {name} is not below this folder", image.id);
    let file = dir.join(&image.file_name);
    ensure!(file.is_file(), "image {}: {name} is not there", image.id);
    Ok(Picture { file, size_px: image.width.zip(image.height) })
}

/// The boxes of each picture, by its place.
fn truths(all: &Annotations, places: &HashMap<u64, usize>) -> anyhow::Result<HashMap<usize, Vec<TruthBox>>> {
    let named = |category: &Category| Ok((category.id, class(&category.name)?));
    let classes: HashMap<u64, ClassName> = all.categories.iter().map(named).collect::<anyhow::Result<_>>()?;
    let mut truths: HashMap<usize, Vec<TruthBox>> = HashMap::new();
    for (number, annotation) in (1..).zip(&all.annotations) {
        let Annotation { image_id, category_id, bbox: [left, top, width, height], iscrowd } = annotation;
        let at = || format!("annotation {number}");
        let place = places.get(image_id).with_context(|| format!("there is no image {image_id}")).with_context(at)?;
        let class = classes.get(category_id).with_context(|| format!("there is no category {category_id}"));
        truths.entry(*place).or_default().push(TruthBox {
            class: class.with_context(at)?.clone(),
            bbox: bbox([*left, *top, left + width, top + height]).with_context(at)?,
            // The format does not say how much of a thing can be seen.
            visible: Ppm::ONE,
            crowd: *iscrowd != 0,
        });
    }
    Ok(truths)
}

/// `Traffic light` is `traffic-light`.
fn class(name: &str) -> anyhow::Result<ClassName> {
    let word = name.trim().to_ascii_lowercase().replace([' ', '_'], "-");
    word.parse().with_context(|| format!("category {name:?}"))
}
