//! What is on screen as files: pictures, and the data behind them.

use shared::api::graph::{PathsView, ReachPage, StepView};
use shared::format::csv::{defused, write_row};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, Url};

use crate::camera::Camera;
use crate::dom::el;
use crate::draw::{Sight, draw};
use crate::pen::{CanvasPen, Ink, Palette, SvgPen};
use crate::scene::{Scene, What};

/// What can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Png,
    Svg,
    Csv,
    Json,
}

/// Pixels of a PNG for each of the picture's: sharp in a document.
const PNG_SCALE: f64 = 2.0;
/// The longest side of a picture, in its own pixels: browsers refuse canvases of more than twice that.
const MAX_SIDE: f64 = 7_000.0;
/// Free space around everything.
const MARGIN: f64 = 32.0;

/// A table: the heads, then the rows.
pub type Rows = Vec<Vec<String>>;

fn heads<const N: usize>(heads: [&str; N]) -> Vec<String> {
    heads.map(str::to_owned).to_vec()
}

pub fn step_rows(steps: &[&StepView]) -> Rows {
    let mut rows = vec![heads(["from", "relation", "to", "sentence", "condition", "evidence"])];
    rows.extend(steps.iter().map(|step| step_row(step)));
    rows
}

fn step_row(step: &StepView) -> Vec<String> {
    let evidence = step.evidence.iter();
    let evidence: Vec<String> = evidence
        .map(|evidence| format!("{} / {} {}", evidence.source, evidence.file, evidence.place))
        .collect();
    vec![
        step.from.id.clone(),
        step.relation.clone(),
        step.to.id.clone(),
        step.sentence.clone(),
        step.condition.clone().unwrap_or_default(),
        evidence.join("; "),
    ]
}

pub fn path_rows(view: &PathsView) -> Rows {
    let mut rows = vec![heads([
        "path",
        "from",
        "relation",
        "to",
        "sentence",
        "condition",
        "evidence",
    ])];
    for (at, path) in view.paths.iter().enumerate() {
        for step in &path.steps {
            let mut row = vec![(at + 1).to_string()];
            row.extend(step_row(step));
            rows.push(row);
        }
    }
    rows
}

pub fn reach_rows(page: &ReachPage) -> Rows {
    let mut rows = vec![heads([
        "node",
        "label",
        "kind",
        "environment",
        "tier",
        "steps",
        "through",
        "relation",
    ])];
    rows.extend(page.rows.iter().map(|row| {
        vec![
            row.node.id.clone(),
            row.node.label.clone(),
            row.node.kind.clone(),
            row.node.environment.clone().unwrap_or_default(),
            row.node.tier.clone().unwrap_or_default(),
            row.n_steps.to_string(),
            row.through.clone(),
            row.relation.clone(),
        ]
    }));
    rows
}

pub fn save(format: Format, scene: &Scene, palette: &Palette, rows: &Rows) {
    match format {
        Format::Png => png(scene, palette),
        Format::Svg => {
            let Some(sight) = whole(scene, 1.0) else { return };
            let mut pen = SvgPen::new(palette, sight.size);
            draw(&sight, &mut pen);
            offer("access-graph.svg", "image/svg+xml", &pen.finish());
        }
        Format::Csv => offer("access-graph.csv", "text/csv", &csv(rows)),
        Format::Json => offer("access-graph.json", "application/json", &json(scene)),
    }
}

/// Everything at its own size, or as large as browsers allow.
fn whole(scene: &Scene, pixels: f64) -> Option<Sight<'_>> {
    let [left, top, right, bottom] = scene.bounds()?;
    let longest = (right - left).max(bottom - top) + 2.0 * MARGIN;
    let scale = pixels * (MAX_SIDE / longest).min(1.0);
    Some(Sight {
        scene,
        camera: Camera {
            x: (left + right) / 2.0,
            y: (top + bottom) / 2.0,
            scale,
        },
        size: (
            (right - left + 2.0 * MARGIN) * scale,
            (bottom - top + 2.0 * MARGIN) * scale,
        ),
        chosen: None,
        hovered: None,
    })
}

fn png(scene: &Scene, palette: &Palette) {
    let Some(sight) = whole(scene, 1.0) else { return };
    let Some(canvas) = el("canvas", "")
        .0
        .and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok())
    else {
        return;
    };
    let (width, height) = (sight.size.0 * PNG_SCALE, sight.size.1 * PNG_SCALE);
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok()) else {
        return;
    };
    context.set_fill_style_str(palette.colour(Ink::Paper));
    context.fill_rect(0.0, 0.0, width, height);
    // Fails for no number.
    let _ = context.scale(PNG_SCALE, PNG_SCALE);
    draw(
        &sight,
        &mut CanvasPen {
            context: &context,
            palette,
        },
    );
    if let Ok(address) = canvas.to_data_url() {
        follow(&address, "access-graph.png");
    }
}

fn csv(rows: &Rows) -> String {
    let mut text = String::new();
    for row in rows {
        write_row(&mut text, row.iter().map(|cell| defused(cell)));
    }
    text
}

/// Nodes and edges as the wire types write them; what is folded is counted.
fn json(scene: &Scene) -> String {
    let text = |text: &str| String::from(web_sys::js_sys::JSON::stringify(&text.into()).unwrap_or_default());
    let or_null = |value: &Option<String>| value.as_deref().map_or("null".to_owned(), text);
    let nodes = scene.nodes.iter().filter_map(|node| match &node.what {
        What::Node(view) => Some(format!(
            "{{\"id\":{},\"kind\":{},\"label\":{},\"environment\":{},\"owner\":{},\"tier\":{},\"x\":{},\"y\":{}}}",
            text(&view.id),
            text(&view.kind),
            text(&view.label),
            or_null(&view.environment),
            or_null(&view.owner),
            or_null(&view.tier),
            node.x.round() as i64,
            node.y.round() as i64
        )),
        What::Folded { .. } => None,
    });
    let nodes: Vec<String> = nodes.collect();
    let is_node = |at: usize| matches!(scene.nodes[at].what, What::Node(_));
    let edges = scene.edges.iter().filter(|edge| is_node(edge.from) && is_node(edge.to));
    let edges: Vec<String> = edges
        .flat_map(|edge| edge.relations.iter().map(move |relation| (edge, relation)))
        .map(|(edge, relation)| {
            format!(
                "{{\"from\":{},\"relation\":\"{}\",\"to\":{}}}",
                text(&scene.nodes[edge.from].id()),
                relation.id(),
                text(&scene.nodes[edge.to].id())
            )
        })
        .collect();
    let n_folded: usize = scene
        .nodes
        .iter()
        .map(|node| match node.what {
            What::Folded { n, .. } => n,
            What::Node(_) => 0,
        })
        .sum();
    format!(
        "{{\"nodes\":[{}],\"edges\":[{}],\"n_folded\":{n_folded}}}",
        nodes.join(",\n"),
        edges.join(",\n")
    )
}

fn offer(name: &str, media_type: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = JsValue::from(vec![JsValue::from_str(text)]);
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options);
    if let Some(address) = blob.ok().and_then(|blob| Url::create_object_url_with_blob(&blob).ok()) {
        follow(&address, name);
        let _ = Url::revoke_object_url(&address);
    }
}

fn follow(address: &str, name: &str) {
    let link = el("a", "").0.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(address);
        link.set_download(name);
        link.click();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula() {
        let rows = vec![heads(["a", "b"]), vec!["=1+1".to_owned(), "x, \"y\";@z".to_owned()]];
        assert_eq!(csv(&rows), "a,b\r\n'=1+1,\"x, \"\"y\"\";'@z\"\r\n");
    }
}
