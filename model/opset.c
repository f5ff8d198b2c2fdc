#include "model/opset.h"
enum qs_status qs_opset_raise(struct qs_model *model, int64_t version, struct qs_findings *findings){(void)model;(void)version;(void)findings;return QS_BUG;}
