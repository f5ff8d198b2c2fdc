/* SPDX-License-Identifier: Apache-2.0 */
/* The language server, message by message. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "lsp/lsp.h"
#include "tests/unit/data.h"

#define URI "file:///nets/quantize_config.json"

/* A server and what it has sent and nobody has looked at. */
struct session {
	struct lsp *lsp;
	struct qs_text out;
	size_t at;
};

static struct session open_hosted(const char *model, const struct lsp_host *host)
{
	const struct session session = {lsp_new(model, host), QS_TEXT_INIT, 0};

	assert_non_null(session.lsp);
	return session;
}

static struct session open_session(const char *model)
{
	return open_hosted(model, NULL);
}

static void close_session(struct session *session)
{
	lsp_free(session->lsp);
	qs_text_done(&session->out);
}

static void send_bytes(struct session *session, const char *bytes, size_t size)
{
	lsp_feed(session->lsp, bytes, size);
	lsp_answer(session->lsp, &session->out);
}

static void send_message(struct session *session, const char *message)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_addf(&text, "Content-Length: %zu\r\n\r\n%s", strlen(message), message);
	send_bytes(session, text.data, text.size);
	qs_text_done(&text);
}

/* The next message that the server has sent; NULL: there is none. */
static struct json_object *receive(struct session *session)
{
	static const char name[] = "Content-Length: ";
	struct json_object *message;
	const char *here = session->out.data + session->at;
	char *end, *body;
	size_t size;

	if (session->at == session->out.size)
		return NULL;
	assert_memory_equal(here, name, sizeof(name) - 1);
	size = strtoul(here + sizeof(name) - 1, &end, 10);
	assert_memory_equal(end, "\r\n\r\n", 4);
	end += 4;
	session->at = (size_t)(end - session->out.data) + size;
	assert_true(session->at <= session->out.size);
	body = strndup(end, size);
	message = json_tokener_parse(body);
	assert_non_null(message);
	free(body);
	return message;
}

/* The next message is of this text, but for what follows in it. */
static void expect(struct session *session, const char *start)
{
	struct json_object *message = receive(session);
	const char *text;

	assert_non_null(message);
	text = json_object_to_json_string_ext(
	    message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (strncmp(text, start, strlen(start)) != 0)
		assert_string_equal(text, start);
	json_object_put(message);
}

/* The next message contains a text. */
static void expect_within(struct session *session, const char *part)
{
	struct json_object *message = receive(session);
	const char *text;

	assert_non_null(message);
	text = json_object_to_json_string_ext(
	    message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!strstr(text, part))
		assert_string_equal(text, part);
	json_object_put(message);
}

static void expect_nothing(const struct session *session)
{
	assert_int_equal(session->at, session->out.size);
}

/* Passes what was sent so far. */
static void pass_over(struct session *session)
{
	session->at = session->out.size;
}

static void initialize(struct session *session, const char *params)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_addf(&text,
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":%s}", params);
	send_message(session, text.data);
	qs_text_done(&text);
	pass_over(session);
	send_message(session, "{\"jsonrpc\":\"2.0\",\"method\":\"initialized\",\"params\":{}}");
	expect_nothing(session);
}

static struct session start(void)
{
	struct session session = open_session(NULL);

	initialize(&session, "{\"capabilities\":{}}");
	return session;
}

static void add_quoted(struct qs_text *text, const char *string)
{
	struct json_object *object = json_object_new_string(string);

	qs_text_adds(text, json_object_to_json_string(object));
	json_object_put(object);
}

static void open_text(struct session *session, const char *config)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_adds(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didOpen\",\"params\":"
			    "{\"textDocument\":{\"uri\":\"" URI
			    "\",\"languageId\":\"json\",\"version\":1,\"text\":");
	add_quoted(&text, config);
	qs_text_adds(&text, "}}}");
	send_message(session, text.data);
	qs_text_done(&text);
}

/* Asks about a place; the id is 7. */
static void ask(struct session *session, const char *method, int line, int character)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_addf(&text,
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"textDocument/"
	    "%s\",\"params\":{\"textDocument\":"
	    "{\"uri\":\"" URI "\"},\"position\":{\"line\":%d,\"character\":%d}}}",
	    method, line, character);
	send_message(session, text.data);
	qs_text_done(&text);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void a_session_from_start_to_end(void **state)
{
	struct session session = open_session(NULL);
	const char *why;
	bool good;

	(void)state;
	send_message(
	    &session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"capabilities\":{"
			 "\"positionEncoding\":\"utf-16\",\"textDocumentSync\":{\"openClose\":true,"
			 "\"change\":2,");
	send_message(&session, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"shutdown\"}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":null}");
	assert_false(lsp_has_ended(session.lsp, &good, &why));
	send_message(&session, "{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}");
	assert_true(lsp_has_ended(session.lsp, &good, &why));
	assert_true(good);
	assert_null(why);
	close_session(&session);
}

static void leaving_without_shutdown_is_not_good(void **state)
{
	struct session session = start();
	const char *why;
	bool good;

	(void)state;
	send_message(&session, "{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}");
	assert_true(lsp_has_ended(session.lsp, &good, &why));
	assert_false(good);
	close_session(&session);
}

static void what_may_not_be_asked_is_an_error(void **state)
{
	struct session session = open_session(NULL);

	(void)state;
	send_message(&session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32002,");
	open_text(&session, "{}");
	expect_nothing(&session);
	initialize(&session, "{}");
	send_message(
	    &session, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"initialize\",\"params\":{}}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32600,");
	send_message(&session, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"textDocument/rename\"}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32601,");
	send_message(&session, "{\"jsonrpc\":\"2.0\",\"method\":\"$/setTrace\",\"params\":{}}");
	expect_nothing(&session);
	ask(&session, "hover", 0, 0);
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32602,");
	send_message(&session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"shutdown\"}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":null}");
	send_message(&session, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"textDocument/hover\"}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32600,");
	close_session(&session);
}

static void what_is_no_message_is_an_error(void **state)
{
	struct session session = start();

	(void)state;
	send_message(&session, "{\"jsonrpc\":");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,");
	send_message(&session, "[1]");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,");
	send_message(&session, "{\"id\":1}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,");
	send_message(&session, "{\"id\":{},\"method\":\"shutdown\"}");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,");
	send_message(&session, "{\"id\":1,\"result\":null}");
	pass_over(&session);
	close_session(&session);
}

static void headers_that_cannot_be_followed_end_it(void **state)
{
	static const char *const inputs[] = {"Content-Type: x\r\n\r\n{}",
	    "Content-Length: x\r\n\r\n{}", "Content-Length: 99999999999999\r\n\r\n",
	    "Content-Length: -1\r\n\r\n", "Content-Length:\r\n\r\n"};
	char *noise;

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		struct session session = start();
		const char *why;
		bool good;

		send_bytes(&session, inputs[i], strlen(inputs[i]));
		assert_true(lsp_has_ended(session.lsp, &good, &why));
		assert_false(good);
		assert_non_null(why);
		close_session(&session);
	}
	noise = calloc(1, 10000);
	{
		struct session session = start();
		const char *why;
		bool good;

		send_bytes(&session, noise, 10000);
		assert_true(lsp_has_ended(session.lsp, &good, &why));
		close_session(&session);
	}
	free(noise);
}

static void messages_come_in_pieces_of_any_size(void **state)
{
	static const char bytes[] =
	    "Content-Length: 44\r\nContent-Type: a\r\n\r\n"
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}"
	    "content-length:  33\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}";
	struct session session = start();
	const char *why;
	bool good;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) - 1; i++)
		send_bytes(&session, bytes + i, 1);
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}");
	assert_true(lsp_has_ended(session.lsp, &good, &why));
	assert_true(good);
	close_session(&session);
}

static void a_request_that_waits_can_be_cancelled(void **state)
{
	static const char first[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}";
	static const char second[] =
	    "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}";
	struct session session = start();
	struct qs_text text = QS_TEXT_INIT;

	(void)state;
	qs_text_addf(&text, "Content-Length: %zu\r\n\r\n%sContent-Length: %zu\r\n\r\n%s",
	    sizeof(first) - 1, first, sizeof(second) - 1, second);
	send_bytes(&session, text.data, text.size);
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32800,");
	expect_nothing(&session);
	qs_text_done(&text);
	close_session(&session);
}

/* ---- documents ------------------------------------------------------------------------------- */

#define PUBLISHED                                                                                  \
	"{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/"                                          \
	"publishDiagnostics\",\"params\":{\"uri\":\"" URI "\","
#define RANGE(l, c, m, d)                                                                          \
	"\"range\":{\"start\":{\"line\":" #l ",\"character\":" #c "},\"end\":{\"line\":" #m        \
	",\"character\":" #d "}}"

static void findings_are_published_and_taken_back(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session, "{\"target_device\": \"TPU9\"}");
	expect(&session, PUBLISHED "\"version\":1,\"diagnostics\":[{" RANGE(0, 18, 0,
			     24) ",\"severity\":1,\"code\":\"QS203\",\"source\":\"qstrata\"");
	send_message(&session,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":{"
	    "\"textDocument\":{\"uri\":\"" URI
	    "\",\"version\":2},\"contentChanges\":[{" RANGE(0, 19, 0, 23) ",\"text\":\"CPU\"}]}}");
	expect(&session, PUBLISHED "\"version\":2,\"diagnostics\":[]}}");
	send_message(&session,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":{"
	    "\"textDocument\":{\"uri\":\"" URI
	    "\",\"version\":3},\"contentChanges\":[{\"text\":\"{\"}]}}");
	expect(&session, PUBLISHED "\"version\":3,\"diagnostics\":[{");
	send_message(&session,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didSave\",\"params\":{"
	    "\"textDocument\":{\"uri\":\"" URI "\"}}}");
	expect(&session, PUBLISHED "\"version\":3,\"diagnostics\":[{");
	send_message(&session,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didClose\",\"params\":{"
	    "\"textDocument\":{\"uri\":\"" URI "\"}}}");
	expect(&session, PUBLISHED "\"version\":3,\"diagnostics\":[]}}");
	expect_nothing(&session);
	close_session(&session);
}

static void related_places_and_what_could_go(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session, "{\"target_device\": \"CPU\",\n\"layer_quantize_config\": [\n"
			    "{\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"]},\n"
			    "{\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"],\n"
			    "\"tensor_quantize_config\": {\"bias\": {\"bit_width\": 4}}}]}");
	expect(&session,
	    PUBLISHED "\"version\":1,\"diagnostics\":[{" RANGE(2, 15, 2,
		18) ",\"severity\":2,\"code\":\"QS402\",\"source\":\"qstrata\",\"message\":\"the "
		    "entry has no effect: a later one for the same layer_type counts "
		    "instead\",\"relatedInformation\":[{\"location\":{\"uri\":\"" URI
		    "\"," RANGE(3, 15, 3, 18) "},\"message\":\"the entry that counts\"}],"
					      "\"tags\":[1]}]}}");
	close_session(&session);
}

/* A layer name with a character of two bytes and one of four: é is one UTF-16 unit, 𝛼 two. */
#define ODD                                                                                        \
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "               \
	"\"\xC3\xA9\xF0\x9D\x9B\xBC\", \"quantizable_data_typ\": []}]}"

static void positions_count_utf16_units(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session, ODD);
	expect(&session, PUBLISHED "\"version\":1,\"diagnostics\":[{" RANGE(0, 73, 0, 95));
	/* What is put behind them goes where it should. */
	send_message(&session,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":{"
	    "\"textDocument\":{\"uri\":\"" URI
	    "\",\"version\":2},\"contentChanges\":[{" RANGE(0, 94, 0, 94) ",\"text\":\"e\"}]}}");
	expect_within(&session, "\"code\":\"QS412\"");
	close_session(&session);
}

static void positions_count_bytes_when_both_want_it(void **state)
{
	struct session session = open_session(NULL);

	(void)state;
	initialize(&session,
	    "{\"capabilities\":{\"general\":{\"positionEncodings\":[\"utf-32\",\"utf-8\"]}}}");
	open_text(&session, ODD);
	expect(&session, PUBLISHED "\"version\":1,\"diagnostics\":[{" RANGE(0, 76, 0, 98));
	close_session(&session);
}

static void positions_beyond_the_text_are_its_end(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session, "{}\r\n");
	pass_over(&session);
	send_message(&session,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":{"
	    "\"textDocument\":{\"uri\":\"" URI
	    "\",\"version\":2},\"contentChanges\":[{" RANGE(0, 0, 9, 9) ",\"text\":\"[]\"}]}}");
	expect_within(&session, "\"code\":\"QS200\"");
	close_session(&session);
}

/* ---- questions ------------------------------------------------------------------------------- */

static const char layered[] =
    "{\n"
    "  \"target_device\": \"CPU\",\n"
    "  \"overall_quantize_config\": {\"bit_width\": 8},\n"
    "  \"layer_quantize_config\": [\n"
    "    {\"layer_type\": \"Conv2d\", \"quantizable_data_type\": [\"weights\"],\n"
    "     \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 4}}},\n"
    "    {\"layer_type\": \"Conv2d\", \"quantizable_data_type\": [\"weights\"],\n"
    "     \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 6}}}\n"
    "  ]\n"
    "}\n";

static void hover_tells_the_value_in_effect_and_its_chain(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session, layered);
	pass_over(&session);
	ask(&session, "hover", 5, 48);
	expect_within(&session, "· weights · bit_width = 6\\n  wins    layer type tensor     "
				"quantize_config.json:8:58     6 ");
	ask(&session, "hover", 2, 32);
	expect_within(&session,
	    "`\\\"bit_width\\\"` — Bits of the quantized integer.\\n\\n```text\\nmodel · "
	    "input · bit_width = 8");
	ask(&session, "hover", 4, 10);
	expect_within(&session, "entry 0 · layer_type");
	ask(&session, "hover", 1, 5);
	expect_within(&session, "The device whose rules hold.");
	ask(&session, "hover", 0, 0);
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":null}");
	close_session(&session);
}

static void definition_goes_to_the_winner(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session, layered);
	pass_over(&session);
	ask(&session, "definition", 5, 48);
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[{\"uri\":\"" URI
			 "\"," RANGE(7, 57, 7, 57) "}]}");
	ask(&session, "definition", 2, 32);
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[{\"uri\":\"" URI
			 "\"," RANGE(2, 43, 2, 43) "}]}");
	ask(&session, "definition", 0, 0);
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[]}");
	close_session(&session);
}

static void completion_knows_keys_and_words(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session,
	    "{\"target_device\": \"\",\n \"overall_quantize_config\": {\"me\": \"diffs\", "
	    "\"round_mode\": , \"bit\n}, \"layer_quantize_config\": [{ \"quantizable_data_type\": "
	    "[");
	pass_over(&session);
	ask(&session, "completion", 0, 19);
	expect_within(&session,
	    "{\"label\":\"\\\"DPU\\\"\",\"kind\":12,\"detail\":\"deep learning processor "
	    "units\",\"filterText\":\"\\\"DPU\\\"\",\"textEdit\":{" RANGE(
		0, 18, 0, 20) ",\"newText\":\"\\\"DPU\\\"\"}}");
	ask(&session, "completion", 1, 32);
	expect_within(
	    &session, "\"textEdit\":{" RANGE(1, 29, 1, 33) ",\"newText\":\"\\\"method\\\"\"}");
	ask(&session, "completion", 1, 58);
	expect_within(&session, "\"label\":\"\\\"half_even\\\"\"");
	ask(&session, "completion", 1, 64);
	expect_within(&session, "\"newText\":\"\\\"bit_width\\\": \"}");
	ask(&session, "completion", 2, 57);
	expect_within(&session, "\"label\":\"\\\"activation\\\"\"");
	ask(&session, "completion", 2, 30);
	expect_within(&session, "\"label\":\"layer_name\"");
	close_session(&session);
}

static void completion_knows_the_layers_of_the_model(void **state)
{
	struct session session = open_session(QS_TEST_DATA "/models/mlp.onnx");

	(void)state;
	initialize(&session, "{}");
	open_text(&session,
	    "{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": \"\"}, "
	    "{\"layer_name\": }]}");
	pass_over(&session);
	ask(&session, "completion", 0, 67);
	expect_within(&session, "\"label\":\"Linear\"");
	ask(&session, "completion", 0, 86);
	expect_within(&session, "\"detail\":\"Linear\"");
	close_session(&session);
}

static void a_model_that_cannot_be_read_is_told(void **state)
{
	struct session session = open_session(NULL);

	(void)state;
	send_message(&session,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
	    "\"initializationOptions\":{\"model\":\"/there/is/none.onnx\"}}}");
	expect(&session,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"window/showMessage\",\"params\":{\"type\":1,"
	    "\"message\":\"/there/is/none.onnx: error: cannot open");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{");
	close_session(&session);
}

static void settings_change_the_model(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session,
	    "{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": "
	    "\"LSTM\", \"quantizable_data_type\": [\"bias\"], "
	    "\"tensor_quantize_config\": {\"bias\": {\"bit_width\": 4}}}]}");
	expect_within(&session, "\"diagnostics\":[]");
	send_message(&session,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"workspace/didChangeConfiguration\",\"params\":{"
	    "\"settings\":{\"qstrata\":{\"model\":\"" QS_TEST_DATA "/models/mlp.onnx\"}}}}");
	expect_within(&session, "\"code\":\"QS501\"");
	close_session(&session);
}

static void ask_for_actions(struct session *session, const char *only)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_addf(&text,
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"textDocument/codeAction\",\"params\":{"
	    "\"textDocument\":{\"uri\":\"" URI
	    "\"}," RANGE(0, 0, 1, 0) ",\"context\":{\"diagnostics\":[]"
				     "%s}}}",
	    only);
	send_message(session, text.data);
	qs_text_done(&text);
}

static void actions_are_the_fixes(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session, "{\"target_devise\": \"CPU\", // here\n \"include_cle\": 1}");
	pass_over(&session);
	ask_for_actions(&session, "");
	expect(&session,
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[{\"title\":\"QS201: did you mean "
	    "\\\"target_device\\\"?\",\"kind\":\"quickfix\",\"diagnostics\":[{" RANGE(0, 1, 0, 16));
	ask_for_actions(&session, ",\"only\":[\"source.fixAll\"]");
	expect(&session,
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[{\"title\":\"fix all that keeps what the "
	    "config means\",\"kind\":\"source.fixAll.qstrata\",\"edit\":{\"changes\":{\"" URI
	    "\":[{" RANGE(0, 0, 1, 18) ",\"newText\":\"{\\\"target_device\\\": \\\"CPU\\\",\\n "
				       "\\\"include_cle\\\": 1}\"}]}}}]}");
	ask_for_actions(&session, ",\"only\":[\"refactor\"]");
	expect(&session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[]}");
	close_session(&session);
}

/* A host that judges for another device from time to time, and keeps count. */
struct counting_host {
	struct lsp_judgement judgement;
	size_t n_judged, n_released;
	bool refuses;
};

static struct lsp_judgement *judge_counting(void *user, const char *path)
{
	struct counting_host *host = user;

	assert_string_equal(path, "/nets/quantize_config.json");
	host->n_judged += !host->refuses;
	return host->refuses ? NULL : &host->judgement;
}

static void release_counting(void *user, struct lsp_judgement *judgement)
{
	struct counting_host *host = user;

	assert_ptr_equal(judgement, &host->judgement);
	host->n_released++;
}

static bool excuse_percentages(
    const struct lsp_judgement *judgement, const char *path, struct qs_findings *findings)
{
	(void)judgement;
	assert_string_equal(path, "/nets/quantize_config.json");
	return qs_findings_excuse(findings, "QS404", "seen elsewhere") == QS_OK;
}

/* The host is asked when a document is opened and when it is saved, and what it says counts. */
static void the_host_says_how_documents_are_judged(void **state)
{
	static const char config[] = "{\"target_device\": \"DPU\", \"onnx_opset_version\": 13, "
				     "\"overall_quantize_config\": {\"percentage\": 99.9}}";
	static const char save[] = "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didSave\","
				   "\"params\":{\"textDocument\":{\"uri\":\"" URI "\"}}}";
	static const char shut[] = "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didClose\","
				   "\"params\":{\"textDocument\":{\"uri\":\"" URI "\"}}}";
	struct counting_host counting = {.judgement = {.options = QS_POLICY_OPTIONS_INIT,
					     .pages = "https://example.org/{code}"}};
	const struct lsp_host host = {
	    judge_counting, release_counting, excuse_percentages, &counting};
	struct session session = open_hosted(NULL, &host);

	(void)state;
	initialize(&session, "{\"capabilities\":{}}");
	open_text(&session, config);
	expect_within(&session, "\"diagnostics\":[]");
	counting.judgement.options.tool = QS_TOOL_3_0;
	send_message(&session, save);
	expect_within(&session,
	    "\"code\":\"QS210\",\"codeDescription\":{\"href\":\"https://example.org/QS210\"}");
	assert_int_equal(counting.n_judged, 2);
	assert_int_equal(counting.n_released, 1);
	counting.refuses = true;
	send_message(&session, save);
	expect_within(&session, "\"method\":\"window/showMessage\"");
	expect_within(&session, "\"code\":\"QS404\",\"source\"");
	assert_int_equal(counting.n_released, 2);
	counting.refuses = false;
	send_message(&session, shut);
	open_text(&session, config);
	close_session(&session);
	assert_int_equal(counting.n_released, counting.n_judged);
}

static void symbols_are_nested(void **state)
{
	struct session session = start();

	(void)state;
	open_text(&session, layered);
	pass_over(&session);
	ask(&session, "documentSymbol", 0, 0);
	expect_within(&session,
	    "{\"name\":\"layer_quantize_config\",\"kind\":18," RANGE(3, 2, 8,
		3) ",\"selectionRange\":{\"start\":{\"line\":3,\"character\":2},\"end\":{\"line\":"
		   "3,\"character\":25}},\"children\":[{\"name\":\"Conv2d\",\"kind\":2,");
	close_session(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_session_from_start_to_end),
	    cmocka_unit_test(leaving_without_shutdown_is_not_good),
	    cmocka_unit_test(what_may_not_be_asked_is_an_error),
	    cmocka_unit_test(what_is_no_message_is_an_error),
	    cmocka_unit_test(headers_that_cannot_be_followed_end_it),
	    cmocka_unit_test(messages_come_in_pieces_of_any_size),
	    cmocka_unit_test(a_request_that_waits_can_be_cancelled),
	    cmocka_unit_test(findings_are_published_and_taken_back),
	    cmocka_unit_test(related_places_and_what_could_go),
	    cmocka_unit_test(positions_count_utf16_units),
	    cmocka_unit_test(positions_count_bytes_when_both_want_it),
	    cmocka_unit_test(positions_beyond_the_text_are_its_end),
	    cmocka_unit_test(hover_tells_the_value_in_effect_and_its_chain),
	    cmocka_unit_test(definition_goes_to_the_winner),
	    cmocka_unit_test(completion_knows_keys_and_words),
	    cmocka_unit_test(completion_knows_the_layers_of_the_model),
	    cmocka_unit_test(a_model_that_cannot_be_read_is_told),
	    cmocka_unit_test(settings_change_the_model),
	    cmocka_unit_test(actions_are_the_fixes),
	    cmocka_unit_test(the_host_says_how_documents_are_judged),
	    cmocka_unit_test(symbols_are_nested),
	};

	return cmocka_run_group_tests_name("language server", tests, NULL, NULL);
}
