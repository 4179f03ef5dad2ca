package com.bytefreezer.connector.destination.elasticsearch;

import co.elastic.clients.elasticsearch._types.ErrorCause;
import co.elastic.clients.elasticsearch.core.bulk.BulkResponseItem;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Whether Elasticsearch or OpenSearch refuses a record because of its content, or because of the server's own state and
 * settings. Both are status 400 of the record, so the reason decides: parsing or a field means the content. Any other
 * reason, such as the limit of shards or an alias without a write index, fails the run, and no record is lost.
 *
 * <p>The types and reasons are those of the servers 7.17, 8.x, 9.x and OpenSearch 3.x.
 */
final class Refusal {
    /** Problems of the login, of privileges, or of a missing index. */
    private static final List<Integer> NEVER_OF_THE_RECORD = List.of(401, 403, 404);

    private static final Set<String> PARSING = Set.of(
            "document_parsing_exception",
            "mapper_parsing_exception",
            "strict_dynamic_mapping_exception",
            "parsing_exception",
            "parse_exception",
            "x_content_parse_exception",
            "json_parse_exception",
            "not_x_content_exception",
            "input_coercion_exception");
    /** A field or value of the record in a reason: {@code mapper [status] cannot be changed}. */
    private static final Pattern NAMES_A_FIELD =
            Pattern.compile("\\b(fields?( name)?|mapper|mapping( for)?|introduction of)\\s?[=:]?\\s?[\\[\"']"
                    + "|immense term|the document timestamp|nested documents|mapping depth|field name cannot");
    /** Reasons that look like a parse error: the index does not accept ids like ours, or needs a routing. */
    private static final Pattern OF_THE_INDEX = Pattern.compile("time_series mode|_routing|routing is required");

    private Refusal() {}

    /** Whether another record could be accepted instead; {@code item} has a status from 400 to 499. */
    static boolean isOfTheRecord(BulkResponseItem item) {
        ErrorCause error = item.error();
        if (NEVER_OF_THE_RECORD.contains(item.status()) || error == null) {
            return false;
        }
        if (item.status() != 400) {
            return true;
        }
        String reason = String.valueOf(error.reason());
        if (OF_THE_INDEX.matcher(reason).find()) {
            return false;
        }
        return PARSING.contains(error.type()) || NAMES_A_FIELD.matcher(reason).find() || isOfPipeline(error);
    }

    /** A processor of an ingest pipeline rejected the record; a missing pipeline has nothing to do with the record. */
    private static boolean isOfPipeline(ErrorCause error) {
        return error.metadata().containsKey("header")
                && error.metadata().get("header").toString().contains("processor_type");
    }
}
