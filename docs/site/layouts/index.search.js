{{- /* Each section of each page, for search.js. A script can be loaded from a file;
what is fetched cannot. rows are the first cells of tables, which say what a row is
about. */ -}}
{{- $pages := slice -}}
{{- $sections := slice -}}
{{- range $i, $each := partialCached "pages.html" site "pages" -}}
	{{- $pages = $pages | append (dict "url" (strings.TrimPrefix "/" (partial "url.html" .page)) "name" .name "aside" .aside) -}}
	{{- $html := replaceRE `<(/?(?:td|th|tr|li|p|pre|br|img)\b[^>]*)>` ` <$1>` (string .page.Content) -}}
	{{- $html = replaceRE `<h[1-6] id="([^"]*)"[^>]*>` "\u0001$1\u0002" $html -}}
	{{- $html = replaceRE `</h[1-6]>` "\u0002" $html -}}
	{{- range after 1 (split $html "\u0001") -}}
		{{- $parts := split . "\u0002" -}}
		{{- $heading := trim (index $parts 1 | plainify | htmlUnescape) " \n" -}}
		{{- $text := trim (replaceRE `\s+` " " (index $parts 2 | plainify | htmlUnescape)) " " -}}
		{{- $rows := "" -}}
		{{- range findRE `<tr>\s*<td[^>]*>[^\n]*` (index $parts 2) }}{{ $rows = print $rows "\n" (trim (plainify . | htmlUnescape) " ") }}{{ end -}}
		{{- $sections = $sections | append (dict "page" $i "anchor" (index $parts 0) "heading" $heading "text" $text "rows" (trim $rows "\n")) -}}
	{{- end -}}
{{- end -}}
window.searchIndex = {{ dict "pages" $pages "sections" $sections | jsonify }};
