package com.bytefreezer.connector.http;

import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.SqlException;
import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.NoTypeConversionAvailableException;
import org.apache.camel.TypeConversionException;
import org.apache.camel.util.ObjectHelper;

/**
 * What a client learns of a failure in a route of the API.
 *
 * @param status 4xx for the client's mistakes, 502 for failures of other systems, 500 for our own
 * @param reason in one line
 * @param sql the place of the error in the client's query
 */
public record ApiFailure(int status, String reason, Optional<SqlException> sql) {
    private static final String NOT_EXPECTED = "invalid request: the body is not the expected JSON%s.";

    private static final Set<Class<?>> WHOLE = Set.of(int.class, Integer.class, long.class, Long.class);

    /** What {@code caught} means for the client. */
    public static ApiFailure of(Throwable caught) {
        // Jackson wraps the message of a request's constructor, and an export wraps an error of its SQL.
        ApiException known = ObjectHelper.getException(ApiException.class, caught);
        SqlException ofSql = ObjectHelper.getException(SqlException.class, caught);
        Throwable failure = known != null ? known : ofSql != null ? ofSql : caught;
        return new ApiFailure(
                status(failure),
                reason(failure),
                failure instanceof SqlException sql ? Optional.of(sql) : Optional.empty());
    }

    private static String reason(Throwable failure) {
        if (failure instanceof InvalidFormatException wrong && WHOLE.contains(wrong.getTargetType())) {
            String name = wrong.getPath().stream()
                    .map(Reference::getFieldName)
                    .filter(Objects::nonNull)
                    .reduce("the body", (outer, inner) -> inner);
            return PlainText.line(
                    "invalid request: %s must be a whole number, not %s.".formatted(name, wrong.getValue()));
        }
        if (failure instanceof JacksonException json) {
            JsonLocation where = json.getLocation();
            String place =
                    where == null ? "" : " at line %d, column %d".formatted(where.getLineNr(), where.getColumnNr());
            return NOT_EXPECTED.formatted(place);
        }
        return isOfOtherType(failure)
                ? NOT_EXPECTED.formatted("")
                : failure instanceof ConnectorException known ? known.saying("") : Failures.describe(failure);
    }

    /** Camel wraps its message about a bean's parameter. */
    private static boolean isOfOtherType(Throwable failure) {
        return ObjectHelper.getException(NoTypeConversionAvailableException.class, failure) != null;
    }

    private static int status(Throwable failure) {
        if (failure instanceof ApiException known) {
            return known.status();
        }
        if (failure instanceof JacksonException
                || failure instanceof TypeConversionException
                || isOfOtherType(failure)
                || failure instanceof SqlException) {
            return 400;
        }
        return failure instanceof ConnectorException known ? known.kind() == Kind.BAD_SQL ? 400 : 502 : 500;
    }
}
