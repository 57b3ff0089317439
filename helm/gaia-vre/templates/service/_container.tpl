{{/* What the service and its migrations have in common. */}}
{{- define "gaia.serviceContainer" -}}
image: {{ include "gaia.serviceImage" . }}
imagePullPolicy: {{ .Values.service.image.pullPolicy }}
securityContext:
  {{- include "gaia.containerSecurity" . | nindent 2 }}
env:
  - {name: GAIA_VRE_SETTINGS, value: /etc/gaia-vre/settings.yaml}
  - {name: GAIA_VRE_STATE, value: /srv/gaia-vre}
  - {name: HOME, value: /tmp}
  - {name: JUPYTERHUB_SERVICE_NAME, value: gaia}
  - {name: JUPYTERHUB_SERVICE_PREFIX, value: /services/gaia/}
  - {name: JUPYTERHUB_CLIENT_ID, value: service-gaia}
  - {name: JUPYTERHUB_BASE_URL, value: /}
  - {name: JUPYTERHUB_API_URL, value: "http://hub.{{ .Release.Namespace }}:8081/hub/api"}
  - name: JUPYTERHUB_API_TOKEN
    valueFrom:
      secretKeyRef:
        {{- toYaml .Values.service.tokenSecret | nindent 8 }}
  - name: GAIA_VRE_COOKIE_SECRET
    valueFrom:
      secretKeyRef: {name: gaia-vre, key: cookie-secret}
  - name: {{ dig "sandboxes" "anonymous" "passphrase_variable" "GAIA_VRE_VISITOR_PASSPHRASE" .Values.jupyterhub.custom.gaia }}
    valueFrom:
      secretKeyRef: {name: gaia-vre, key: visitor-passphrase, optional: true}
  {{- with .Values.service.database.existingSecret }}
  - name: GAIA_VRE_DATABASE_URL
    valueFrom:
      secretKeyRef: {name: {{ . }}, key: {{ $.Values.service.database.key }}}
  {{- end }}
  {{- with .Values.service.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
resources:
  {{- toYaml .Values.service.resources | nindent 2 }}
volumeMounts:
  - {name: settings, mountPath: /etc/gaia-vre, readOnly: true}
  - {name: state, mountPath: /srv/gaia-vre}
  {{- if .Values.service.dataClaim }}
  - {name: data, mountPath: /srv/gaia-vre/data, readOnly: true}
  {{- end }}
  {{- if include "gaia.sharedClaim" . }}
  - {name: shared, mountPath: {{ include "gaia.sharedMount" . }}}
  {{- end }}
  - {name: tmp, mountPath: /tmp}
{{- end -}}
