package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.problem.Problem.Known;
import com.bytefreezer.connector.text.PlainText;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A failure of DuckDB and its kind. DuckDB's driver and extensions provide only a text, and only this class reads it. Also thrown if the connector itself finds a problem with an object.
 */
public final class DuckDbException extends SQLException implements Known {
    private static final long serialVersionUID = 1L;

    /** DuckDB's prefix for an error at run time. */
    private static final String NOISE =
            "Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result Error: ";
    /** The beginning of each DuckDB error, DuckDB's own kind. */
    private static final Pattern TYPE = Pattern.compile("([A-Z][A-Za-z ]{1,30}) Error: ");
    /** The text after the first sentence: a part of the statement, the stack, functions with similar names, advice to developers. */
    private static final Pattern REST = Pattern.compile(
            "LINE \\d+:|Stack Trace:|Candidate (functions|macros):|This error signals an assertion failure|Possible solutions:");

    private static final Pattern USED = Pattern.compile("(?:failed|could not) .*? used\\)");
    private static final Pattern STATUS = Pattern.compile("\\(HTTP (?:code )?(\\d{3})");
    /** S3's codes for keys that are valid no longer; some servers send them with 400. */
    private static final Pattern OLD_KEYS = Pattern.compile(
            "\\(HTTP (?:code )?400[^)]*\\) (?:ExpiredToken|InvalidToken|TokenRefreshRequired|RequestTimeTooSkewed|InvalidAccessKeyId)");
    /** Messages of the HTTP libraries in httpfs. */
    private static final Pattern NO_ANSWER = Pattern.compile(
            "Could not establish connection|Failed to connect|Couldn't connect|[Tt]imeout was reached|Failed to read connection|Connection refused|Could not resolve"
                    + "|Recv failure|Send failure|transfer closed|Empty reply|Server returned nothing|error for HTTP");

    private static final List<String> ODD_VALUES = List.of(
            "Invalid string encoding found in Parquet file",
            "Invalid JSON found in Parquet file",
            "Could not convert Timestamp(MS) to Timestamp(US)");

    private static final Pattern UNKNOWN_COLUMN =
            Pattern.compile("(?:Referenced column \"(.+?)\" not found|does not have a column named \"(.+?)\")");
    private static final Pattern UNKNOWN_TABLE = Pattern.compile("Referenced table \"(.+?)\" not found");

    /** Other messages that quote a part of the user's text, so that its place can be found. */
    private static final Pattern OTHER_NAME = Pattern.compile(
            "with name (\\S+) does not exist|column \"(.+?)\" must appear in|argument types '(\\w+)\\(|[Aa]mbiguous reference to column name \"(.+?)\"");

    private final Kind kind;
    private final String text;

    /**
     * A failure of a known kind.
     *
     * @param text the message of DuckDB
     */
    public DuckDbException(Kind kind, String text) {
        this(kind, text, null);
    }

    private DuckDbException(Kind kind, String text, @Nullable SQLException cause) {
        super(line(text), cause);
        this.kind = kind;
        this.text = text;
    }

    /** Reads DuckDB's message; returns a failure unchanged if it was read already. */
    public static DuckDbException of(SQLException e) {
        if (e instanceof DuckDbException read) {
            return read;
        }
        String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return new DuckDbException(kind(line(text)), text, e);
    }

    @Override
    public Kind kind() {
        return kind;
    }

    /** Whether a value that was read may be the reason; with other kinds, it is not. */
    public boolean isOfValues() {
        return kind == Kind.BAD_VALUE || kind == Kind.ODD_VALUE || kind == Kind.OTHER;
    }

    /** The original message of DuckDB, of several lines. */
    public String text() {
        return text;
    }

    /** The message, one line, as a sentence. */
    String sentence() {
        return PlainText.sentence(String.valueOf(getMessage()));
    }

    /** The message of DuckDB's parser for a statement that is not a SELECT. */
    static boolean saysThatItIsNoSelect(String message) {
        return message.startsWith("Only SELECT");
    }

    /** The column that the query names but the data lacks. */
    Optional<String> unknownColumn() {
        return firstGroup(UNKNOWN_COLUMN);
    }

    /** The name before a dot that is no table of the query: it may be a column with members, which the data lacks. */
    Optional<String> unknownTable() {
        return firstGroup(UNKNOWN_TABLE);
    }

    /** The part of the query's text that the message quotes. */
    Optional<String> name() {
        return unknownColumn().or(() -> firstGroup(OTHER_NAME));
    }

    private Optional<String> firstGroup(Pattern pattern) {
        return pattern.matcher(text).results().findFirst().flatMap(found -> IntStream.rangeClosed(1, found.groupCount())
                .mapToObj(found::group)
                .filter(Objects::nonNull)
                .findFirst());
    }

    private static String line(String text) {
        var rest = REST.matcher(text);
        String line = (rest.find() ? text.substring(0, rest.start()) : text)
                .lines()
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                // For a refused request, DuckDB repeats all but the first line.
                .distinct()
                .collect(Collectors.joining(" "));
        return line.startsWith(NOISE) ? line.substring(NOISE.length()) : line;
    }

    /** Checks its own kind first: the rest of an error may quote a value of the data, which may contain anything. */
    private static Kind kind(String line) {
        var type = TYPE.matcher(line);
        return switch (type.lookingAt() ? type.group(1) : "") {
            case "Out of Memory" -> line.contains("max_temp_directory_size") ? Kind.NO_ROOM : Kind.NO_MEMORY;
            case "Parser", "Binder", "Catalog" -> Kind.BAD_SQL;
            case "Conversion" -> isOddValue(line) ? Kind.ODD_VALUE : Kind.BAD_VALUE;
            case "Invalid Input" -> isOddValue(line) ? Kind.ODD_VALUE : Kind.OTHER;
            case "INTERRUPT" -> Kind.INTERRUPTED;
            case "FATAL", "INTERNAL" -> line.contains("database has been invalidated") ? Kind.INTERNAL : Kind.OTHER;
            case "IO", "HTTP", "Connection", "Invalid", "" -> ofNeighbour(line);
            default -> Kind.OTHER;
        };
    }

    private static boolean isOddValue(String line) {
        return ODD_VALUES.stream().anyMatch(line::contains);
    }

    private static Kind ofNeighbour(String line) {
        if (line.contains("No space left on device")) {
            return Kind.NO_ROOM;
        }
        if (line.contains("No files found that match")) {
            return Kind.GONE;
        }
        Optional<Integer> status =
                STATUS.matcher(line).results().findFirst().map((MatchResult found) -> Integer.valueOf(found.group(1)));
        if (status.isPresent()) {
            return switch (status.get()) {
                case 400 -> OLD_KEYS.matcher(line).find() ? Kind.FORBIDDEN : Kind.REFUSED;
                case 401, 403 -> Kind.FORBIDDEN;
                case 404 -> Kind.GONE;
                case 408, 429 -> Kind.UNREACHABLE;
                default -> status.get() < 500 ? Kind.REFUSED : Kind.UNREACHABLE;
            };
        }
        return NO_ANSWER.matcher(line).find() ? Kind.UNREACHABLE : Kind.OTHER;
    }

    /** The part of a message of {@link Kind#NO_MEMORY} with the memory used. */
    public String usedMemory() {
        return USED.matcher(String.valueOf(getMessage()))
                .results()
                .findFirst()
                .map(MatchResult::group)
                .orElseGet(this::getMessage);
    }
}
