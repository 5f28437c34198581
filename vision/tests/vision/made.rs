//! A detector whose answer is known: an ONNX file that gives the same rows whatever it is shown.

use waymark_datasets::Digest;

/// A thing that the model sees everywhere.
pub struct Thing<'a> {
    /// Of the grid that it is on.
    pub stride: u32,
    /// Left, upper, right, lower edge in pixels of the input.
    pub edges: [f32; 4],
    /// One for each class.
    pub scores: &'a [f32],
}

/// A YOLOX for square inputs of `side_px` with its output as it leaves the network.
pub fn yolox(side_px: u32, strides: &[u32], things: &[Thing<'_>]) -> Vec<u8> {
    let columns = 5 + things.first().map_or(1, |thing| thing.scores.len());
    let mut rows = Vec::new();
    for stride in strides {
        let side = (side_px / stride) as usize;
        let mut grid = vec![0.0_f32; side * side * columns];
        for Thing { edges: [left, top, right, bottom], scores, .. } in things.iter().filter(|t| t.stride == *stride) {
            let step = *stride as f32;
            let centre = [(left + right) / 2.0 / step, (top + bottom) / 2.0 / step];
            let cell = centre[1] as usize * side + centre[0] as usize;
            let size = [(right - left) / step, (bottom - top) / step].map(f32::ln);
            let row = [centre[0].fract(), centre[1].fract(), size[0], size[1], 1.0];
            grid[cell * columns..][..columns].copy_from_slice(&[&row, *scores].concat());
        }
        rows.extend(grid);
    }
    constant(side_px, columns, &rows)
}

/// A `pack.toml` for it. `model` is what stands beside the usual lines of the model, its classes among them.
pub fn pack_toml(onnx: &[u8], side_px: u32, model: &str) -> String {
    format!(
        "name = \"made\"\n[[model]]\nname = \"made\"\nfile = \"made.onnx\"\nsha256 = \"{}\"\nsize_bytes = {}\n\
         licence = \"MIT\"\nfamily = \"yolox\"\n{model}\n[model.input]\ntensor = \"images\"\n\
         size = {{ width_px = {side_px}, height_px = {side_px} }}\ncolour = \"rgb\"\nfit = \"letterbox-top-left\"\n",
        Digest::of(onnx),
        onnx.len(),
    )
}

/// An ONNX file with the input `images` `[1, 3, side_px, side_px]` and the output `rows` `[1, n, columns]`, which does
/// not depend on it. ONNX is written as Protocol Buffers; the numbers are those of `onnx.proto`.
fn constant(side_px: u32, columns: usize, rows: &[f32]) -> Vec<u8> {
    let dims = [1, rows.len() / columns, columns];
    let raw: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    let sizes: Vec<u8> = dims.iter().flat_map(|&size| number(1, size)).collect();
    let tensor = [sizes, number(2, FLOAT), message(8, b"known"), message(9, &raw)].concat();
    let node = [message(1, b"known"), message(2, b"rows"), message(4, b"Identity")].concat();
    let side = side_px as usize;
    let graph = [
        message(1, &node),
        message(2, b"made"),
        message(5, &tensor),
        message(11, &value("images", &[1, 3, side, side])),
        message(12, &value("rows", &dims)),
    ];
    // Version 8 of the format, version 13 of the operators.
    [number(1, 8), message(7, &graph.concat()), message(8, &[message(1, b""), number(2, 13)].concat())].concat()
}

const FLOAT: usize = 1;

/// The name and type of an input or output.
fn value(name: &str, dims: &[usize]) -> Vec<u8> {
    let shape: Vec<u8> = dims.iter().flat_map(|&size| message(1, &number(1, size))).collect();
    let tensor = [number(1, FLOAT), message(2, &shape)].concat();
    [message(1, name.as_bytes()), message(2, &message(1, &tensor))].concat()
}

fn number(field: u8, value: usize) -> Vec<u8> {
    [vec![field << 3], varint(value)].concat()
}

fn message(field: u8, content: &[u8]) -> Vec<u8> {
    [vec![field << 3 | 2], varint(content.len()), content.to_vec()].concat()
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 127 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
