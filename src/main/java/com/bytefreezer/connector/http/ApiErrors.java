package com.bytefreezer.connector.http;

import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.SqlException;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.BeanInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.NoTypeConversionAvailableException;
import org.apache.camel.TypeConversionException;
import org.apache.camel.util.ObjectHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns a failure in a route of the API into an answer of one line. Safe for use by several threads. */
public final class ApiErrors {
    private static final Logger LOG = LoggerFactory.getLogger(ApiErrors.class);
    private static final String NOT_EXPECTED = "invalid request: the body is not the expected JSON%s.";
    private static final ObjectMapper JSON = Json.mapper();

    @BeanInject
    private Secrets secrets = new Secrets();

    /**
     * Answers {@code {"error": …}}: 4xx for the client's mistakes, 502 for failures of other systems, 500 for our own.
     */
    public void answer(Exchange exchange) throws Exception {
        Throwable caught = Objects.requireNonNull(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
        // Jackson wraps the message of a request's constructor, and an export wraps an error of its SQL.
        ApiException known = ObjectHelper.getException(ApiException.class, caught);
        SqlException ofSql = ObjectHelper.getException(SqlException.class, caught);
        Throwable failure = known != null ? known : ofSql != null ? ofSql : caught;
        int status = status(failure);
        String reason = reason(failure);
        if (status == 500) {
            LOG.error("API, {}: {} The request was not answered.", exchange.getFromRouteId(), reason, failure);
        }
        Message answer = exchange.getMessage();
        answer.removeHeaders("*");
        answer.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        answer.setHeader(Exchange.CONTENT_TYPE, "application/json");
        Map<String, Object> error = new LinkedHashMap<>(Map.of("error", secrets.mask(reason)));
        if (failure instanceof SqlException sql) {
            error.put("line", sql.position().line());
            error.put("column", sql.position().column());
        }
        answer.setBody(JSON.writeValueAsBytes(error));
    }

    private static String reason(Throwable failure) {
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
