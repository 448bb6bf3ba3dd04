//! What a recipe says, step by step: keys and their types. Whether names and queries in it are known is
//! looked at in [`check`](super::check).

use super::fields::{Fields, Located, Problems, did_you_mean};
use super::tree::{Node, Place, Value};

/// The steps there are.
const STEPS: [&str; 7] = [
    "ingest",
    "annotate",
    "dedup",
    "decontaminate",
    "filter",
    "mix",
    "export",
];

/// A recipe, as it is written.
#[derive(Debug, Default)]
pub struct Recipe {
    /// What it is for, in one line.
    pub what: String,
    /// Options of the run.
    pub options: RunOptions,
    /// Whether relative paths start at the recipe's folder, not at the current one.
    pub beside_recipe: bool,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Whether steps are missing, because nobody knows what they are meant to be.
    pub is_incomplete: bool,
}

/// Options that the command line can also set, which then wins.
#[derive(Debug, Default)]
pub struct RunOptions {
    /// Worker threads.
    pub threads: Option<usize>,
    /// Bytes of memory to stay within.
    pub memory_limit: Option<u64>,
    /// The UT1 list.
    pub ut1: Option<Located<String>>,
    /// The lists of datatrove's URL filter.
    pub url_lists: Option<Located<String>>,
    /// A Public Suffix List.
    pub public_suffixes: Option<Located<String>>,
    /// A model that identifies languages.
    pub lid: Option<Located<String>>,
    /// A folder of queries.
    pub queries: Option<Located<String>>,
}

/// One step.
#[derive(Debug)]
pub struct Step {
    /// Where it begins.
    pub place: Place,
    /// The corpus that it works on.
    pub corpus: Located<String>,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// Files become documents.
    Ingest(IngestStep),
    /// Signals become stored columns.
    Annotate(AnnotateStep),
    /// Duplicates become clusters.
    Dedup(DedupStep),
    /// Documents that hold pieces of evaluation sets are marked.
    Decontaminate(DecontaminateStep),
    /// The filter report.
    Filter(FilterStep),
    /// Statistics of the mixture.
    Mix(MixStep),
    /// Shards for training.
    Export(ExportStep),
}

impl Action {
    /// The step's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ingest(_) => "ingest",
            Self::Annotate(_) => "annotate",
            Self::Dedup(_) => "dedup",
            Self::Decontaminate(_) => "decontaminate",
            Self::Filter(_) => "filter",
            Self::Mix(_) => "mix",
            Self::Export(_) => "export",
        }
    }
}

/// Files become documents.
#[derive(Debug, Default)]
pub struct IngestStep {
    /// Files, folders, globs.
    pub inputs: Vec<Located<String>>,
    /// Columns of documents, and the inputs' columns that they come from.
    pub map: Vec<(Located<String>, Located<String>)>,
    /// The language of all documents that have none.
    pub language: Option<Located<String>>,
    /// The source of all documents that have none.
    pub source: Option<Located<String>>,
    /// Whether documents without a language get one.
    pub detect_language: bool,
    /// Bytes of text of a part.
    pub part_size: Option<u64>,
    /// Whether the corpus lies over the inputs without copying them.
    pub in_place: bool,
    /// Whether the first bad record stops the run.
    pub strict: bool,
    /// Whether an input that has been ingested is added once more.
    pub again: bool,
}

/// Signals become stored columns.
#[derive(Debug, Default)]
pub struct AnnotateStep {
    /// Layers of the library, or paths.
    pub layers: Vec<Located<String>>,
    /// A file of the user's own SQL.
    pub sql: Option<Located<String>>,
    /// The layer that it makes.
    pub layer: Option<Located<String>>,
    /// What the columns' names begin with.
    pub prefix: Option<Located<String>>,
}

/// Duplicates become clusters.
#[derive(Debug, Default)]
pub struct DedupStep {
    /// What is compared, and how.
    pub presets: Vec<Located<String>>,
    /// Parameters of MinHash, each like a preset more.
    pub minhash: Vec<Located<String>>,
    /// SQL whose equal values are duplicates, and the name of their layer: a preset more.
    pub key: Option<(Located<String>, Located<String>)>,
    /// The similarity that the texts of candidates must have.
    pub verify: Option<Located<String>>,
    /// All corpora whose documents are taken as one; the step's corpus alone where there are none.
    pub corpora: Vec<Located<String>>,
}

/// Documents that hold pieces of evaluation sets are marked.
#[derive(Debug, Default)]
pub struct DecontaminateStep {
    /// Evaluation sets: files, or folders of them.
    pub against: Vec<Located<String>>,
    /// How.
    pub method: Option<Located<String>>,
    /// Words of an n-gram.
    pub ngram: Option<usize>,
    /// Whether n-grams of questions count, too.
    pub query_ngrams: bool,
    /// Whether n-grams across question and answer do not count.
    pub no_overlap_ngrams: bool,
    /// The field of the questions.
    pub query_field: Option<Located<String>>,
    /// The field of the answers.
    pub label_field: Option<Located<String>>,
    /// The layer to write.
    pub layer: Option<Located<String>>,
    /// Where the report goes.
    pub output: OutputFields,
}

/// Which documents.
#[derive(Debug, Default)]
pub struct Choice {
    /// Filters by name or path.
    pub filters: Vec<Located<String>>,
    /// A condition.
    pub condition: Option<Located<String>>,
    /// Parameters, `NAME.param`, and their values.
    pub set: Vec<(Located<String>, Located<String>)>,
    /// Layers of clusters, of each of which one document is chosen.
    pub distinct: Vec<Located<String>>,
    /// Which one: an order.
    pub keep: Option<Located<String>>,
}

/// The filter report.
#[derive(Debug, Default)]
pub struct FilterStep {
    /// Which filters, on which documents.
    pub choice: Choice,
    /// Columns to group by.
    pub by: Vec<Located<String>>,
    /// Where the report goes.
    pub output: OutputFields,
}

/// Statistics of the mixture.
#[derive(Debug, Default)]
pub struct MixStep {
    /// Whose kept shares are shown, on which documents.
    pub choice: Choice,
    /// Columns to group by.
    pub by: Vec<Located<String>>,
    /// A column whose values become columns.
    pub pivot: Option<Located<String>>,
    /// The figure that these columns show.
    pub value: Option<Located<String>>,
    /// Where the statistics go.
    pub output: OutputFields,
}

/// Where results go.
#[derive(Debug, Default)]
pub struct OutputFields {
    /// The file; stdout without.
    pub file: Option<Located<String>>,
    /// Its format.
    pub format: Option<Located<String>>,
}

/// Shards for training.
#[derive(Debug)]
pub struct ExportStep {
    /// Which documents.
    pub choice: Choice,
    /// The folder.
    pub to: Located<String>,
    /// What shards are written as.
    pub format: Option<Located<String>>,
    /// Columns, each an expression and perhaps a name.
    pub columns: Vec<Located<String>>,
    /// Bytes of text of a shard.
    pub shard_size: Option<u64>,
    /// Whether another export in the folder is replaced.
    pub overwrite: bool,
}

/// Reads a recipe; what is wrong with it goes to `problems`.
pub fn read(root: &Node, problems: &mut Problems) -> Recipe {
    let mut recipe = Recipe::default();
    let mut fields = Fields::of(root, "a recipe", root.place, problems);
    if let Some(what) = fields.text("what") {
        recipe.what = what.value;
    }
    // Shown in lists of recipes, of no meaning for the run.
    fields.text("source");
    let corpus = fields.text("corpus");
    recipe.beside_recipe = match fields.text("relative_to") {
        None => false,
        Some(Located { value, .. }) if value == "current" => false,
        Some(Located { value, .. }) if value == "recipe" => true,
        Some(Located { value, place }) => {
            let message = format!("relative_to takes recipe or current, found `{value}`");
            fields.problems().add(place, message);
            false
        }
    };
    if let Some((key, options)) = fields.take("options") {
        recipe.options = read_options(options, key.place, fields.problems());
    }
    let steps = fields.take("steps");
    match steps.map(|(key, node)| (key, &node.value)) {
        Some((_, Value::List(items))) if !items.is_empty() => {
            for item in items {
                match read_step(item, corpus.as_ref(), fields.problems()) {
                    Some(step) => recipe.steps.push(step),
                    None => recipe.is_incomplete = true,
                }
            }
        }
        Some((key, Value::Null | Value::List(_))) => fields
            .problems()
            .add(key.place, "a recipe needs at least one step"),
        Some((key, other)) => {
            let message = format!("steps takes a list of steps, found {}", other.describe());
            fields.problems().add(key.place, message);
        }
        None => fields
            .problems()
            .add(root.place, "a recipe needs the key `steps`"),
    }
    fields.end();
    recipe
}

/// The options of the run.
fn read_options(node: &Node, place: Place, problems: &mut Problems) -> RunOptions {
    let mut fields = Fields::of(node, "options", place, problems);
    let options = RunOptions {
        threads: fields.count("threads"),
        memory_limit: fields.size("memory_limit"),
        ut1: fields.text("ut1"),
        url_lists: fields.text("url_lists"),
        public_suffixes: fields.text("public_suffixes"),
        lid: fields.text("lid"),
        queries: fields.text("queries"),
    };
    fields.end();
    options
}

fn read_step(
    node: &Node,
    corpus: Option<&Located<String>>,
    problems: &mut Problems,
) -> Option<Step> {
    let Value::Map(entries) = &node.value else {
        let message = format!(
            "a step is one of {} with its keys below it, found {}",
            STEPS.join(", "),
            node.value.describe()
        );
        problems.add(node.place, message);
        return None;
    };
    let [(key, inner)] = &entries[..] else {
        let names: Vec<&str> = entries.iter().map(|(key, _)| key.name.as_str()).collect();
        problems.add_with_hint(
            node.place,
            format!("a step has one name, found {}", names.join(", ")),
            Some(
                "begin each step with a dash of its own, and indent its keys below its name".into(),
            ),
        );
        return None;
    };
    let Some(name) = STEPS.iter().find(|step| **step == key.name) else {
        let message = format!(
            "no step is named `{}`; there are {}",
            key.name,
            STEPS.join(", ")
        );
        problems.add_with_hint(key.place, message, did_you_mean(&key.name, STEPS));
        return None;
    };
    let mut fields = Fields::of(inner, name, key.place, problems);
    let own = fields.text("corpus");
    let action = match *name {
        "ingest" => Some(Action::Ingest(read_ingest(&mut fields))),
        "annotate" => Some(Action::Annotate(read_annotate(&mut fields, key.place))),
        "dedup" => Some(Action::Dedup(read_dedup(&mut fields))),
        "decontaminate" => Some(Action::Decontaminate(read_decontaminate(&mut fields))),
        "filter" => Some(Action::Filter(read_filter(&mut fields, key.place))),
        "mix" => Some(Action::Mix(read_mix(&mut fields))),
        _ => read_export(&mut fields).map(Action::Export),
    };
    let several = match &action {
        Some(Action::Dedup(dedup)) => dedup.corpora.first().cloned(),
        _ => None,
    };
    if let (Some(own), Some(_)) = (&own, &several) {
        let message = "corpus and corpora both say what dedup works on";
        let hint = Some("keep one of them".into());
        fields.problems().add_with_hint(own.place, message, hint);
    }
    let Some(corpus) = several.or(own).or_else(|| corpus.cloned()) else {
        fields.problems().add_with_hint(
            key.place,
            format!("{name} has no corpus to work on"),
            Some("say `corpus: FOLDER` at the top of the recipe, or in the step".into()),
        );
        fields.end();
        return None;
    };
    fields.end();
    Some(Step {
        place: key.place,
        corpus,
        action: action?,
    })
}

fn read_ingest(fields: &mut Fields<'_>) -> IngestStep {
    IngestStep {
        inputs: fields.needed_texts("inputs"),
        map: fields.pairs("map"),
        language: fields.text("language"),
        source: fields.text("source"),
        detect_language: fields.flag("detect_language"),
        part_size: fields.size("part_size"),
        in_place: fields.flag("in_place"),
        strict: fields.flag("strict"),
        again: fields.flag("again"),
    }
}

fn read_annotate(fields: &mut Fields<'_>, place: Place) -> AnnotateStep {
    let step = AnnotateStep {
        layers: fields.texts("layers"),
        sql: fields.text("sql"),
        layer: fields.text("layer"),
        prefix: fields.text("prefix"),
    };
    match (&step.sql, &step.layer) {
        (None, None) if step.layers.is_empty() => fields.problems().add(
            place,
            "annotate needs `layers`, or `sql` with the name of its `layer`",
        ),
        (Some(sql), None) => fields.problems().add(
            sql.place,
            "sql needs the key `layer`, the name of the layer that it makes",
        ),
        (None, Some(layer)) => fields.problems().add_with_hint(
            layer.place,
            "layer names what `sql` makes, and there is no `sql`",
            Some("layers of the library stand under `layers`".into()),
        ),
        _ => {}
    }
    step
}

fn read_dedup(fields: &mut Fields<'_>) -> DedupStep {
    let minhash = fields.texts("minhash");
    let key = fields.text("key");
    let name = match &key {
        Some(_) => fields.needed_text("name"),
        None => None,
    };
    DedupStep {
        presets: match minhash.is_empty() && key.is_none() {
            true => fields.needed_texts("presets"),
            false => fields.texts("presets"),
        },
        minhash,
        key: key.zip(name),
        verify: fields.text("verify"),
        corpora: fields.texts("corpora"),
    }
}

fn read_decontaminate(fields: &mut Fields<'_>) -> DecontaminateStep {
    DecontaminateStep {
        against: fields.needed_texts("against"),
        method: fields.text("method"),
        ngram: fields.count("ngram"),
        query_ngrams: fields.flag("query_ngrams"),
        no_overlap_ngrams: fields.flag("no_overlap_ngrams"),
        query_field: fields.text("query_field"),
        label_field: fields.text("label_field"),
        layer: fields.text("layer"),
        output: read_output(fields),
    }
}

fn read_choice(fields: &mut Fields<'_>) -> Choice {
    let mut filters = fields.texts("filters");
    filters.extend(fields.texts("filter"));
    Choice {
        filters,
        condition: fields.text("where"),
        set: fields.pairs("set"),
        distinct: fields.texts("distinct"),
        keep: fields.text("keep"),
    }
}

fn read_output(fields: &mut Fields<'_>) -> OutputFields {
    OutputFields {
        file: fields.text("output"),
        format: fields.text("format"),
    }
}

fn read_filter(fields: &mut Fields<'_>, place: Place) -> FilterStep {
    let step = FilterStep {
        choice: read_choice(fields),
        by: fields.texts("by"),
        output: read_output(fields),
    };
    if step.choice.filters.is_empty() {
        fields
            .problems()
            .add(place, "filter needs the key `filters`");
    }
    step
}

fn read_mix(fields: &mut Fields<'_>) -> MixStep {
    MixStep {
        by: fields.needed_texts("by"),
        choice: read_choice(fields),
        pivot: fields.text("pivot"),
        value: fields.text("value"),
        output: read_output(fields),
    }
}

fn read_export(fields: &mut Fields<'_>) -> Option<ExportStep> {
    let choice = read_choice(fields);
    let to = fields.needed_text("to");
    let format = fields.text("format");
    let columns = fields.texts("columns");
    let shard_size = fields.size("shard_size");
    let overwrite = fields.flag("overwrite");
    Some(ExportStep {
        choice,
        to: to?,
        format,
        columns,
        shard_size,
        overwrite,
    })
}
