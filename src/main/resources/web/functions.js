// The functions of DuckDB that the completion offers: those useful for events.
export const FUNCTIONS = ('abs any_value approx_count_distinct arg_max arg_min array_agg array_length avg base64 bool_and bool_or '
  + 'ceil coalesce concat concat_ws contains count count_if current_timestamp date_diff date_part date_trunc dayname decode '
  + 'encode ends_with epoch epoch_ms extract first floor format format_bytes from_base64 greatest hash histogram host hour if '
  + 'ifnull json_array_length json_extract json_extract_string json_keys json_type json_valid last least left len length '
  + 'list_aggregate list_contains list_distinct list_filter list_sort list_transform lower ltrim map_keys map_values max md5 '
  + 'median min minute mode month now nullif parse_path position quantile_cont regexp_extract regexp_extract_all regexp_full_match '
  + 'regexp_matches regexp_replace regexp_split_to_array repeat replace reverse right round row_number rtrim second sha256 '
  + 'split_part starts_with stddev strftime string_agg string_split strip_accents strlen strptime struct_extract substring sum '
  + 'time_bucket to_json to_timestamp trim try_strptime typeof unnest upper url_decode uuid year').split(' ');
