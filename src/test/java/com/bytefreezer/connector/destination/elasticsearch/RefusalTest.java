package com.bytefreezer.connector.destination.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import co.elastic.clients.elasticsearch.core.bulk.BulkResponseItem;
import co.elastic.clients.elasticsearch.core.bulk.OperationType;
import co.elastic.clients.json.JsonData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reasons as Elasticsearch 7.17, 8.x and 9.x and OpenSearch give them. */
class RefusalTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mapper_parsing_exception|failed to parse field [code] of type [long] in document with id 'a'. Preview of field's value: 'zz'",
                "mapper_parsing_exception|failed to parse",
                "document_parsing_exception|[1:59] failed to parse field [d] of type [date] in document with id 'a'",
                "strict_dynamic_mapping_exception|mapping set to strict, dynamic introduction of [x] within [_doc] is not allowed",
                "illegal_argument_exception|mapper [a.b] cannot be changed from type [long] to [text]",
                "illegal_argument_exception|can't merge a non object mapping [a] with an object mapping",
                "illegal_argument_exception|Limit of total fields [1000] has been exceeded while adding new fields [1]",
                "illegal_argument_exception|Document contains at least one immense term in field=\"k\" (whose UTF8 encoding is longer than the max length 32766)",
                "illegal_argument_exception|Limit of mapping depth [20] has been exceeded due to object field [a.b]",
                "illegal_argument_exception|field name cannot be an empty string",
                "illegal_argument_exception|the document timestamp [2020-01-01T00:00:00.000Z] is outside of ranges of currently writable indices [[2026,2027]]"
            })
    void whatNamesAFieldIsOfTheRecord(String type, String reason) {
        assertThat(Refusal.isOfTheRecord(answer(400, type, reason))).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "validation_exception|Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;",
                "validation_exception|Validation Failed: 1: this action would add [2] total shards, but this cluster currently has [1000]/[1000] maximum shards open;",
                "illegal_argument_exception|no write index is defined for alias [x]. The write index may be explicitly disabled using is_write_index=false",
                "illegal_argument_exception|Alias [x] has more than one index associated with it [a, b], can't execute a single index op",
                "illegal_argument_exception|only write ops with an op_type of create are allowed in data streams",
                "illegal_argument_exception|pipeline with id [missing] does not exist",
                "illegal_argument_exception|Rejecting mapping update to [x] as the final mapping would have more than 1 type: [_doc, doc]",
                "illegal_argument_exception|index [x] is read-only",
                "routing_missing_exception|routing is required for [x]/[id]",
                "document_parsing_exception|[1:59] failed to parse: _id must be unset or set to [a] but was [b] because [x] is in time_series mode",
                "invalid_index_name_exception|Invalid index name [X], must be lowercase",
                "index_closed_exception|closed",
                "illegal_state_exception|index template [t] has index patterns matching an index, and no data stream template",
                "some_new_exception|something nobody has seen yet"
            })
    void whatTheServerSaysOfItselfIsNot(String type, String reason) {
        assertThat(Refusal.isOfTheRecord(answer(400, type, reason))).isFalse();
    }

    @Test
    void aProcessorOfAPipelineRefusesARecord() {
        var item = BulkResponseItem.of(builder -> builder.index("x")
                .status(400)
                .operationType(OperationType.Create)
                .error(error -> error.type("illegal_argument_exception")
                        .reason("Provided Grok expressions do not match field value: [x]")
                        .metadata("header", JsonData.fromJson("{\"processor_type\":\"grok\"}"))));

        assertThat(Refusal.isOfTheRecord(item)).isTrue();
    }

    private static BulkResponseItem answer(int status, String type, String reason) {
        return BulkResponseItem.of(builder -> builder.index("x")
                .status(status)
                .operationType(OperationType.Create)
                .error(error -> error.type(type).reason(reason)));
    }
}
