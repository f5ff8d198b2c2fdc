/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doctor from the inside: what is measured of each tensor, what of the graph is worth a look, and
 * how checks tell what they found.
 *
 * The order: doctor_survey.c finds what to look at, doctor_measure.c runs the model over the data,
 * doctor.c goes through the rows of doctor_checks.def, and doctor_json.c, doctor_html.c and
 * doctor_scales.c write.
 */
#ifndef ANALYSIS_DOCTOR_H
#define ANALYSIS_DOCTOR_H

#include "analysis/metric.h"
#include "analysis/moments.h"
#include "base/finding.h"
#include "engine/job.h"
#include "qstrata/doctor.h"

/* Bins of a distribution. */
#define QS_DOCTOR_BINS 128

/* ---- what is measured ------------------------------------------------------------------------ */

/* One tensor: a constant with a format, or a value that flows. */
struct qs_doctor_tensor {
	size_t value; /* of the graph */
	size_t site;  /* its format for all readers, for some, or of a constant; QS_NONE: float */
	size_t layer; /* that computes or reads it; QS_NONE: it enters the graph */
	bool is_boolean;
	bool is_binary; /* floats: nothing but 0 and 1 */
	bool has_counts;
	bool is_compared;                /* error and rounding are filled */
	size_t channels, gates;          /* the first of each, or QS_NONE */
	struct qs_moments moments;       /* in the float32 model */
	uint64_t counts[QS_DOCTOR_BINS]; /* equal bins from the least to the most value */
	struct qs_agreement error;       /* the float32 model against the quantized one */
	struct qs_agreement rounding;    /* what reached the format against what became of it */
	struct qs_moments reached;       /* of what reached the format in the quantized model */
	struct qs_counts cut;            /* by the format */
	uint64_t n_some, n_lost;         /* values other than 0, and those that became 0 */
	/* Of booleans: how many are not the same in both models, and how many hold in each. */
	uint64_t n_different, n_held, n_held_quantized;
};

/* The channels of a tensor of which nodes take some. */
struct qs_doctor_channels {
	size_t tensor;
	int axis;
	size_t n;            /* 0 until the first batch; the channels of a batch after that */
	float *least, *most; /* by channel */
	bool *is_mask;       /* nothing but 0 and 1 was seen */
	size_t next;         /* of the same tensor, or QS_NONE */
};

/* ---- what of the graph is looked at ---------------------------------------------------------- */

/* A node that takes some channels of a quantized tensor. */
struct qs_doctor_part {
	size_t node, tensor; /* what it takes is a tensor of its own */
	size_t channels;     /* of what it takes them from */
	size_t site;
};

/* A comparison of quantized values with constants. */
struct qs_doctor_comparison {
	size_t node, site, tensor; /* the tensor of the result */
	size_t constant;           /* value */
};

/* What sums, and their sigmoids, are off by: sums of squares. */
struct qs_doctor_off {
	double sums, sigmoids;
};

/* Mul, perhaps ReduceSum and Add, and Sigmoid. */
struct qs_doctor_gate {
	size_t product, sigmoid; /* nodes */
	size_t sum;              /* node, or QS_NONE */
	size_t tensor;           /* the product's */
	uint64_t n_some, n_lost; /* values of the product other than 0, and those that become 0 */
	uint64_t n_sums;
	struct qs_doctor_off with_scale, with_fixed;
	size_t next; /* of the same tensor, or QS_NONE */
};

/* ---- the whole ------------------------------------------------------------------------------- */

enum qs_doctor_check {
#define CHECK(ID, run, needs, limit, what, source) QS_DOCTOR_##ID,
#include "analysis/doctor_checks.def"
#undef CHECK
	QS_DOCTOR__CHECKS
};

struct qs_doctor {
	struct qs_job *job;
	const struct qs_plan *plan;
	const struct qs_graph *graph;
	const struct qs_doctor_options *options; /* while it is examined, as what follows */
	struct qs_calibrate_options run;
	bool is_stopped;
	const struct qs_profile *target; /* or NULL */
	const char *data;
	bool is_precise; /* the device gives convolutions and products in 32 bits, and adds so */
	struct qs_findings *findings; /* while it is examined */
	struct qs_arena arena;
	struct qs_doctor_tensor *tensors; /* in the order of the model, constants behind */
	size_t n_tensors, n_flowing;
	size_t *of_value; /* tensor by value, or QS_NONE */
	/* Formats for some readers: by node where its inputs begin, by input a site or QS_NONE. */
	size_t *first_read, *site_of_read;
	struct qs_doctor_channels *channels;
	size_t n_channels;
	struct qs_doctor_part *parts;
	size_t n_parts;
	struct qs_doctor_comparison *comparisons;
	size_t n_comparisons;
	struct qs_doctor_gate *gates;
	size_t n_gates;
	size_t n_batches;
	size_t n_uncompared; /* tensors that memory did not suffice for */
	bool is_finite, has_scales;
	size_t n_found[QS_DOCTOR__CHECKS];
	bool is_judged[QS_DOCTOR__CHECKS];
	const char **fixed_of_value; /* by value: the scale that is advised, or NULL */
};

/* Finds what there is to look at. */
enum qs_status qs_doctor_survey(struct qs_doctor *doctor);

/* Runs the float32 model: moments of all tensors, and channels. */
enum qs_status qs_doctor_measure_float(struct qs_doctor *doctor);
/* Runs both models: distributions, errors, gates. Scales are there. */
enum qs_status qs_doctor_measure_both(struct qs_doctor *doctor);

/* ---- for checks ------------------------------------------------------------------------------ */

/* A row of doctor_checks.def. */
struct qs_doctor_row {
	enum qs_finding_id finding;
	void (*run)(struct qs_doctor *doctor, const struct qs_doctor_row *row);
	unsigned needs;
	double limit;
	const char *what, *source;
};
extern const struct qs_doctor_row qs_doctor_rows[QS_DOCTOR__CHECKS];

/* Says what a check finds, with its limit in place. */
void qs_doctor_say(const struct qs_doctor_row *row, struct qs_text *text);

/* What a check needs. */
enum qs_doctor_need {
	QS_DOCTOR_NEEDS_NOTHING = 0,
	QS_DOCTOR_NEEDS_SCALES = 1,
	QS_DOCTOR_NEEDS_PRECISE = 2 /* a device whose convolutions and products can give 32 bits */
};

typedef void qs_doctor_run(struct qs_doctor *doctor, const struct qs_doctor_row *row);
#define CHECK(ID, run, needs, limit, what, source) qs_doctor_run qs_doctor_check_##run;
#include "analysis/doctor_checks.def"
#undef CHECK

/* Adds what a check found about a value, or QS_NONE; the finding may be NULL. */
struct qs_finding *qs_doctor_add(struct qs_doctor *doctor, const struct qs_doctor_row *row,
    size_t value, const char *format, ...) QS_PRINTF(4, 5);

/* ---- the graph for checks (doctor_graph.c) --------------------------------------------------- */

/* The name of a value, and what a node is called. */
const char *qs_doctor_name(const struct qs_doctor *doctor, size_t value);
const char *qs_doctor_label(const struct qs_doctor *doctor, size_t node);

/* Whether a node only moves, repeats or picks values. */
bool qs_doctor_moves(const Onnx__NodeProto *node);

/* Notes who reads what in a format of its own; before the next one. */
enum qs_status qs_doctor_index_reads(struct qs_doctor *doctor);

/* The format in which a node reads an input, through what only moves values; QS_NONE for none. */
size_t qs_doctor_read_site(const struct qs_doctor *doctor, size_t node, size_t input);

/* The single reader of a value that is no output of the graph, or QS_NONE. */
size_t qs_doctor_only_reader(const struct qs_doctor *doctor, const struct qs_value *value);

/* Whether a site is of integers of at most that many bits. */
bool qs_doctor_is_narrow(const struct qs_site *site, int bits);

/* "int8", "uint16 per channel", "float16": the format of a site. */
void qs_doctor_format(const struct qs_site *site, struct qs_text *text);

/* Largest magnitude of what a tensor holds; 0 for one without values. */
double qs_doctor_reach(const struct qs_moments *moments);

/* The site of a tensor, or NULL. */
const struct qs_site *qs_doctor_site(
    const struct qs_doctor *doctor, const struct qs_doctor_tensor *tensor);

/* What becomes of a value in a format, and its code in one of integers with one scale. */
float qs_doctor_fake(const struct qs_doctor *doctor, const struct qs_site *site, float value);
int64_t qs_doctor_code(const struct qs_doctor *doctor, const struct qs_site *site, float value);

/* ---- advice (doctor_advice.c) ---------------------------------------------------------------- */

/*
 * Says what to do about a finding: words, and the layer entry that gives a site another value for a
 * parameter, as JSON to write. What enters the graph has the format of the model's activations.
 */
void qs_doctor_advise(struct qs_doctor *doctor, struct qs_finding *finding,
    const struct qs_site *site, enum qs_param param, const char *json, const char *words);

/* ---- scales that are advised (doctor_scales.c) ----------------------------------------------- */

/*
 * Advises to fix the scale of a tensor, as a number or a fraction, "7/32767": it is in what
 * qs_doctor_write_scales() gives, unless another check advised another one before. NULL when all
 * formats of the tensor can have it, else why not.
 */
const char *qs_doctor_fix_scale(
    struct qs_doctor *doctor, const struct qs_site *site, const char *scale);

/* What to do with a scale that was advised: words for a hint. */
#define QS_DOCTOR_HOW_TO_FIX                                                                       \
	"a config cannot say scales: --write-scales FILE writes this one, for --scales FILE"

#endif
